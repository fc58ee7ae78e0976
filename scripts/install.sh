#!/usr/bin/env bash
# make install: installs the locked packages, then sharp for the architectures that the environments deploy to.
set -euo pipefail
command -v node >/dev/null || { echo 'Node.js is missing: install Node 20 or later.' >&2; exit 1; }
command -v npm >/dev/null || { echo 'npm is missing: install it with Node.js.' >&2; exit 1; }
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
  { echo "Node $(node --version) is too old: install Node 20 or later." >&2; exit 1; }
npm ci --no-audit --no-fund
# The node package's install script downloads the binary; --ignore-scripts would skip it.
node_modules/.bin/node -e 'process.exit(Number(process.versions.node.split(".")[0]) === 24 ? 0 : 1)' ||
  { echo 'node_modules/.bin/node is not Node 24: run npm ci without --ignore-scripts.' >&2; exit 1; }
node_modules/.bin/node lib/bundling/install-natives.ts
