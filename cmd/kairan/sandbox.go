package main

import (
	"context"

	"kairan/ingest"
)

// sandboxVerb makes this program the child process that reads one report. People
// have no use for it.
const sandboxVerb = "read-hostile-mail"

func runSandboxChild(_ context.Context, s std, _ []string) error {
	if code := ingest.SandboxMain(s.in, s.out); code != 0 {
		return exitCode(code)
	}
	return nil
}
