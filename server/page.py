"""The HTML page: one document with a ticking clock that follows the server's time, and its security policy.

Without JavaScript the page shows the second in which it was made.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape

STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; text-align: center; gap: .6rem;
  font-family: system-ui, sans-serif;
  background: light-dark(#fbfaf7, #14161a); color: light-dark(#1c1e21, #e8e6e1); }
@supports not (color: light-dark(red, red)) {
  body { background: #fbfaf7; color: #1c1e21; }
  @media (prefers-color-scheme: dark) { body { background: #14161a; color: #e8e6e1; } }
}
h1 { margin: 0; font-size: 1rem; font-weight: 500; opacity: .75; }
#epoch { margin: 0; opacity: 1; font: 600 clamp(2.5rem, 14vw, 8rem)/1 ui-monospace, monospace;
  font-variant-numeric: tabular-nums; }
p { margin: 0; opacity: .75; }
"""

SCRIPT = """
const epoch = document.getElementById('epoch'), iso = document.getElementById('iso');
const ahead = Number(epoch.dataset.epoch) * 1000 - Date.now();
function tick() {
  const now = Date.now() + ahead, second = Math.floor(now / 1000);
  epoch.textContent = second;
  iso.textContent = iso.dateTime = new Date(second * 1000).toISOString().replace('.000', '');
  setTimeout(tick, 1000 - now % 1000);
}
tick();
"""


def render_page(epoch: int, iso: str, region: str) -> str:
    """Return the page for a second, also given as an ISO 8601 time."""
    where = f"<p>{escape(region)}</p>" if region else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Epoch time</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<h1>Seconds since 1970</h1>
<p id="epoch" data-epoch="{epoch}" role="timer">{epoch}</p>
<p><time id="iso" datetime="{iso}">{iso}</time></p>
{where}
<script>{SCRIPT}</script>
</body>
</html>
"""


def _hash_source(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


POLICY = (
    f"default-src 'none'; img-src data:; style-src {_hash_source(STYLE)}; script-src {_hash_source(SCRIPT)}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
