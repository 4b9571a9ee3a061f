//go:build linux && !amd64 && !arm64

package ingest

import "errors"

// filterSystemCalls has no list of system calls for this machine.
func filterSystemCalls() error { return errors.ErrUnsupported }
