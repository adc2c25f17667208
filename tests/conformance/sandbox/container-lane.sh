#!/usr/bin/env bash
# The container lane: the suite against the Worker for Cloudflare under `wrangler dev`, on a machine with a container engine.
#
#   sudo tests/conformance/sandbox/container-lane.sh
#
# It is for a Debian machine and takes the engine from Debian (docker.io). It pulls node:24-slim and, by wrangler, Cloudflare's
# proxy-everything from Docker Hub. Locally workerd sets no limits and publishes its ingress on all addresses of the machine:
# run it where nobody else is, or in a network namespace of its own.
set -euo pipefail
cd "$(dirname "$0")/../../.."

if ! command -v "${WRANGLER_DOCKER_BIN:-docker}" >/dev/null; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "There is no container engine. Run this as root, or first: sudo apt-get install docker.io" >&2
    exit 1
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends docker.io docker-buildx
fi
if ! "${WRANGLER_DOCKER_BIN:-docker}" info >/dev/null 2>&1; then
  echo "The container engine does not answer. Start it: systemctl start docker" >&2
  exit 1
fi

npm run build
exec npm exec --no -- node tests/conformance/sandbox/container-lane.ts
