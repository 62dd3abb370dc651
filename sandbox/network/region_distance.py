"""Distances between AWS regions, for latency records: the nearest region to the resolver answers.

Route 53 measures latency. The sandbox uses the great-circle distance instead.
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS = 6371.0  # km, its radius
UNKNOWN_DISTANCE = 25_000.0  # km: a region that is not in the table is farther than any

COORDINATES = {
    "us-east-1": (38.9, -77.4),
    "us-east-2": (40.0, -83.0),
    "us-west-1": (37.4, -121.9),
    "us-west-2": (45.8, -119.7),
    "ca-central-1": (45.5, -73.6),
    "ca-west-1": (51.0, -114.1),
    "sa-east-1": (-23.5, -46.6),
    "mx-central-1": (20.6, -100.4),
    "eu-west-1": (53.3, -6.3),
    "eu-west-2": (51.5, -0.1),
    "eu-west-3": (48.9, 2.4),
    "eu-central-1": (50.1, 8.7),
    "eu-central-2": (47.4, 8.5),
    "eu-north-1": (59.3, 18.1),
    "eu-south-1": (45.5, 9.2),
    "eu-south-2": (41.6, -0.9),
    "me-central-1": (24.5, 54.4),
    "me-south-1": (26.2, 50.6),
    "il-central-1": (32.1, 34.8),
    "af-south-1": (-33.9, 18.4),
    "ap-south-1": (19.1, 72.9),
    "ap-south-2": (17.4, 78.5),
    "ap-east-1": (22.3, 114.2),
    "ap-southeast-1": (1.3, 103.8),
    "ap-southeast-2": (-33.9, 151.2),
    "ap-southeast-3": (-6.2, 106.8),
    "ap-southeast-4": (-37.8, 145.0),
    "ap-northeast-1": (35.7, 139.7),
    "ap-northeast-2": (37.6, 127.0),
    "ap-northeast-3": (34.7, 135.5),
}
"""Latitude and longitude of each region, in degrees."""


def distance(one: str, other: str) -> float:
    """Kilometres between two regions."""
    if one == other:
        return 0.0
    if one not in COORDINATES or other not in COORDINATES:
        return UNKNOWN_DISTANCE
    (a, b), (c, d) = (tuple(map(radians, COORDINATES[each])) for each in (one, other))
    half = sin((c - a) / 2) ** 2 + cos(a) * cos(c) * sin((d - b) / 2) ** 2
    return 2 * EARTH_RADIUS * asin(sqrt(half))
