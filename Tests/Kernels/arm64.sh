#!/usr/bin/env bash
# Compiles the kernels for arm64 and checks them in an emulator, with and without bfloat16 products.
# Usage: Tests/Kernels/arm64.sh; skipped, with a message, where the tools are missing
# (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user, and clang).
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in clang aarch64-linux-gnu-gcc qemu-aarch64; do
  command -v "$tool" >/dev/null || { echo "arm64 kernels: skipped, there is no $tool" >&2; exit 0; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

clang --target=aarch64-linux-gnu -fuse-ld="$(command -v aarch64-linux-gnu-ld)" -static -O2 -Wall -Werror -ISources/CKernels/include \
  Sources/CKernels/*.c Tests/Kernels/kernels.c -lm -o "$work/kernels"
# The emulated processor says what it has: the oldest has no bfloat16.
qemu-aarch64 -cpu max "$work/kernels" neonbf16
qemu-aarch64 -cpu max "$work/kernels" neon
qemu-aarch64 -cpu cortex-a57 "$work/kernels" neon
if qemu-aarch64 -cpu cortex-a57 "$work/kernels" neonbf16 2>/dev/null; then
  echo "arm64 kernels: bfloat16 products were chosen on a processor without them" >&2
  exit 1
fi
