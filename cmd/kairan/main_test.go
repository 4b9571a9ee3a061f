package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"kairan/store/storetest"
)

// asHub, set in the environment, makes the test binary a hub process: see
// crash_test.go. asKairan makes it the command itself, and peakFile has that
// write there how much memory it took.
const (
	asHub    = "KAIRAN_TEST_AS_HUB"
	asKairan = "KAIRAN_TEST_AS_KAIRAN"
	peakFile = "KAIRAN_TEST_PEAK_FILE"
)

func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := std{os.Stdin, os.Stdout, os.Stderr}
	switch {
	case len(os.Args) > 1 && os.Args[1] == sandboxVerb, os.Getenv(asKairan) != "":
		status := run(ctx, s, os.Args[1:])
		if file := os.Getenv(peakFile); file != "" {
			if b, err := os.ReadFile("/proc/self/status"); err != nil || os.WriteFile(file, b, 0o600) != nil {
				status = 99
			}
		}
		os.Exit(status) // the child that reads hostile mail has no environment
	case os.Getenv(asHub) != "":
		os.Exit(hubProcess(ctx, s))
	}
	os.Exit(storetest.Main(m)) // stops the PostgreSQL that a test started
}
