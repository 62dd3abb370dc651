"""The control API: plain HTTP for the command line and for the processes of the sandbox instance.

It is reachable only inside the instance.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from sandbox.eks.clusters import Clusters
from sandbox.errors import SandboxError
from sandbox.faults.switchboard import Switchboard
from sandbox.frontend.github_oidc import GithubIssuer
from sandbox.moto_patches import foreign_dns, inventory
from sandbox.moto_patches.eks_tokens import authenticate_token
from sandbox.moto_patches.elbv2 import LoadBalancers
from sandbox.network.dns_server import DnsResponder
from sandbox.network.region_distance import COORDINATES
from sandbox.network.security_group_filter import SecurityGroupFilter
from sandbox.registry.proxy import ecr_password


class ControlApi:
    """Routes requests to the objects that answer them."""

    def __init__(
        self,
        clusters: Clusters,
        load_balancers: LoadBalancers,
        faults: Switchboard,
        dns: DnsResponder,
        github: GithubIssuer,
    ) -> None:
        self._clusters = clusters
        self._load_balancers = load_balancers
        self._faults = faults
        self._dns = dns
        self._github = github
        self._group_filter = SecurityGroupFilter()

    def application(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/nodes/{region}/addresses/assign", self._assign_address, methods=["POST"]),
                Route("/nodes/{region}/addresses/release", self._release_address, methods=["POST"]),
                Route("/nodes/{region}/registry-token", self._registry_token),
                Route("/eks/{region}/{cluster}/authenticate", self._authenticate, methods=["POST"]),
                Route("/balancers", self._load_balancer_snapshot),
                Route("/balancers/health", self._report_health, methods=["POST"]),
                Route("/inventory", self._inventory),
                Route("/faults", self._list_faults),
                Route("/faults/{name}", self._switch_fault, methods=["POST", "DELETE"]),
                Route("/resolver", self._resolver, methods=["GET", "PUT"]),
                Route("/foreign-dns", self._foreign_dns, methods=["GET", "PUT"]),
                Route("/github-token", self._github_token, methods=["POST"]),
                Route("/ready", self._ready),
            ]
        )

    async def _assign_address(self, request: Request) -> JSONResponse:
        body = await request.json()
        region, instance = request.path_params["region"], body["instance"]
        address, router = await asyncio.to_thread(
            self._clusters.assign_address, region, instance, body["container"]
        )
        return JSONResponse({"address": address, "router": router})

    async def _release_address(self, request: Request) -> JSONResponse:
        body = await request.json()
        addresses = self._clusters.addresses(request.path_params["region"])
        await asyncio.to_thread(addresses.release, body["container"])
        return JSONResponse({})

    async def _registry_token(self, request: Request) -> JSONResponse:
        return JSONResponse({"token": ecr_password()})

    async def _authenticate(self, request: Request) -> JSONResponse:
        review = await request.json()
        region, name = request.path_params["region"], request.path_params["cluster"]
        return JSONResponse(_token_review(self._clusters, region, name, review))

    async def _load_balancer_snapshot(self, request: Request) -> JSONResponse:
        return JSONResponse(await asyncio.to_thread(self._load_balancers.snapshot))

    async def _report_health(self, request: Request) -> PlainTextResponse:
        self._load_balancers.report(await request.json())
        await asyncio.to_thread(self._group_filter.update, self._load_balancers.closed_addresses())
        return PlainTextResponse("")

    async def _inventory(self, request: Request) -> PlainTextResponse:
        return _text(await asyncio.to_thread(inventory.lines))

    async def _list_faults(self, request: Request) -> PlainTextResponse:
        return _text(self._faults.lines())

    async def _switch_fault(self, request: Request) -> PlainTextResponse:
        name = request.path_params["name"]
        try:
            if request.method == "DELETE":
                return _text([await asyncio.to_thread(self._faults.stop, name)])
            return _text([await asyncio.to_thread(self._faults.start, name, await request.json())])
        except SandboxError as error:
            return _refusal(error)

    async def _resolver(self, request: Request) -> PlainTextResponse:
        region = (await request.body()).decode()
        if region and region not in COORDINATES:
            known = ", ".join(sorted(COORDINATES))
            return PlainTextResponse(f"error: no region is called {region}\n  fix: one of: {known}\n", 400)
        if region:
            self._dns.move_resolver(region)
        return _text([self._dns.resolver.region])

    async def _foreign_dns(self, request: Request) -> PlainTextResponse:
        body = await request.json() if request.method == "PUT" else {}
        try:
            if body:
                await asyncio.to_thread(foreign_dns.put_record, body["name"], body["type"], body["value"])
            return _text(foreign_dns.lines())
        except SandboxError as error:
            return _refusal(error)

    async def _github_token(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse(self._github.token(await request.json()))

    async def _ready(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")


def _text(lines: list[str]) -> PlainTextResponse:
    return PlainTextResponse("".join(f"{line}\n" for line in lines))


def _refusal(error: SandboxError) -> PlainTextResponse:
    return PlainTextResponse(f"{error.shown()}\n", status_code=400)


def _token_review(clusters: Clusters, region: str, name: str, review: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a TokenReview, as EKS's authenticator does: callers with an access entry pass."""
    caller = authenticate_token(review["spec"]["token"], name)
    groups = clusters.kubernetes_groups(region, name, caller.arn) if caller is not None else None
    status: dict[str, Any] = {"authenticated": False}
    if caller is not None and groups is not None:
        user = {"username": caller.arn, "uid": caller.user_id, "groups": groups}
        status = {"authenticated": True, "user": user}
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}
