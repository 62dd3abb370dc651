"""The world's own http: what its parts ask each other. Only reachable inside the world.

Routes requests to the objects that know; decides nothing itself.
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
from sandbox.frontend.github_oidc import Issuer
from sandbox.moto_patches import foreign_dns, inventory
from sandbox.moto_patches.elbv2 import Balancers
from sandbox.moto_patches.identity import who_holds
from sandbox.network.dns_server import DnsResponder
from sandbox.network.region_distance import COORDINATES
from sandbox.network.security_group_filter import SecurityGroupFilter
from sandbox.registry.proxy import token


def application(
    clusters: Clusters, balancers: Balancers, faults: Switchboard, names: DnsResponder, github: Issuer
) -> Starlette:
    """The ASGI application of the world's own http."""
    security_groups = SecurityGroupFilter()

    async def assign(request: Request) -> JSONResponse:
        asked = await request.json()
        region, instance = request.path_params["region"], asked["instance"]
        address, router = await asyncio.to_thread(
            clusters.assign_address, region, instance, asked["container"]
        )
        return JSONResponse({"address": address, "router": router})

    async def release(request: Request) -> JSONResponse:
        asked = await request.json()
        await asyncio.to_thread(clusters.addresses(request.path_params["region"]).release, asked["container"])
        return JSONResponse({})

    async def registry_token(request: Request) -> JSONResponse:
        return JSONResponse({"token": token()})

    async def authenticate(request: Request) -> JSONResponse:
        review = await request.json()
        region, name = request.path_params["region"], request.path_params["cluster"]
        return JSONResponse(_authenticated(clusters, region, name, review))

    async def snapshot(request: Request) -> JSONResponse:
        return JSONResponse(await asyncio.to_thread(balancers.snapshot))

    async def health(request: Request) -> PlainTextResponse:
        balancers.report(await request.json())
        await asyncio.to_thread(security_groups.update, balancers.shut())
        return PlainTextResponse("")

    async def everything(request: Request) -> PlainTextResponse:
        return _text(await asyncio.to_thread(inventory.lines))

    async def fault_list(request: Request) -> PlainTextResponse:
        return _text(faults.lines())

    async def fault(request: Request) -> PlainTextResponse:
        name = request.path_params["name"]
        try:
            if request.method == "DELETE":
                return _text([await asyncio.to_thread(faults.stop, name)])
            return _text([await asyncio.to_thread(faults.start, name, await request.json())])
        except SandboxError as error:
            return PlainTextResponse(f"{error.shown()}\n", status_code=400)

    async def resolver(request: Request) -> PlainTextResponse:
        region = (await request.body()).decode()
        if region and region not in COORDINATES:
            known = ", ".join(sorted(COORDINATES))
            return PlainTextResponse(f"error: no region is called {region}\n  fix: one of: {known}\n", 400)
        if region:
            names.move_resolver(region)
        return _text([names.resolver.region])

    async def elsewhere_zone(request: Request) -> PlainTextResponse:
        asked = await request.json() if request.method == "PUT" else {}
        try:
            if asked:
                await asyncio.to_thread(foreign_dns.put, asked["name"], asked["type"], asked["value"])
            return _text(foreign_dns.lines())
        except SandboxError as error:
            return PlainTextResponse(f"{error.shown()}\n", status_code=400)

    async def github_token(request: Request) -> PlainTextResponse:
        return PlainTextResponse(github.token(await request.json()))

    async def ready(request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    return Starlette(
        routes=[
            Route("/nodes/{region}/addresses/assign", assign, methods=["POST"]),
            Route("/nodes/{region}/addresses/release", release, methods=["POST"]),
            Route("/nodes/{region}/registry-token", registry_token),
            Route("/eks/{region}/{cluster}/authenticate", authenticate, methods=["POST"]),
            Route("/balancers", snapshot),
            Route("/balancers/health", health, methods=["POST"]),
            Route("/inventory", everything),
            Route("/faults", fault_list),
            Route("/faults/{name}", fault, methods=["POST", "DELETE"]),
            Route("/resolver", resolver, methods=["GET", "PUT"]),
            Route("/elsewhere", elsewhere_zone, methods=["GET", "PUT"]),
            Route("/github-token", github_token, methods=["POST"]),
            Route("/ready", ready),
        ]
    )


def _text(lines: list[str]) -> PlainTextResponse:
    return PlainTextResponse("".join(f"{line}\n" for line in lines))


def _authenticated(clusters: Clusters, region: str, name: str, review: dict[str, Any]) -> dict[str, Any]:
    """The TokenReview answer, as EKS's authenticator gives it: who has an access entry may enter."""
    caller = who_holds(review["spec"]["token"], name)
    groups = clusters.groups(region, name, caller.arn) if caller is not None else None
    status: dict[str, Any] = {"authenticated": False}
    if caller is not None and groups is not None:
        user = {"username": caller.arn, "uid": caller.user_id, "groups": groups}
        status = {"authenticated": True, "user": user}
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}
