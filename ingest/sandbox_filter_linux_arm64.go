package ingest

import "golang.org/x/sys/unix"

const filterArch = unix.AUDIT_ARCH_AARCH64

var forbiddenHere []uint32
