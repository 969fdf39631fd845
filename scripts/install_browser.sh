#!/usr/bin/env bash
# Finds a Chromium for the browser tests, or installs one: from the system's packages where
# that is possible, else the one that Playwright brings. Usage: install_browser.sh VENV_BIN
set -euo pipefail
bin="$1"

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then
        exit 0
    fi
done
if "$bin/python" - <<'PYTHON'
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    sys.exit(not pathlib.Path(p.chromium.executable_path).exists())
PYTHON
then
    exit 0
fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || true
    if apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; then
        exit 0
    fi
fi
"$bin/playwright" install --with-deps chromium
