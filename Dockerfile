# The same root filesystem that `epochctl build` assembles without a daemon, from the same description:
# epochctl/image/rootfs.py. The runtime at the end repeats its constants; a test compares them.
FROM python:3.13-slim-bookworm AS builder
RUN pip install --no-cache-dir "uv>=0.9,<1"
WORKDIR /src
ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_PYTHON=/usr/local/bin/python3 UV_PYTHON_DOWNLOADS=never
# The dependencies first: a change of our own code then costs seconds.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project
COPY epochctl/ epochctl/
COPY server/ server/
RUN /opt/venv/bin/python -m epochctl.image /rootfs

FROM scratch
COPY --from=builder /rootfs/ /
ENV PATH=/usr/local/bin \
    LD_LIBRARY_PATH=/usr/local/lib \
    PYTHONHOME=/usr/local \
    PYTHONPATH=/app \
    PYTHONUTF8=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/python3", "-SP", "-m", "server"]
