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
// crash_test.go. asKairan makes it the command itself.
const (
	asHub    = "KAIRAN_TEST_AS_HUB"
	asKairan = "KAIRAN_TEST_AS_KAIRAN"
)

func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := std{os.Stdin, os.Stdout, os.Stderr}
	switch {
	case len(os.Args) > 1 && os.Args[1] == sandboxVerb, os.Getenv(asKairan) != "":
		os.Exit(run(ctx, s, os.Args[1:])) // the child that reads hostile mail has no environment
	case os.Getenv(asHub) != "":
		os.Exit(hubProcess(ctx, s))
	}
	os.Exit(storetest.Main(m)) // stops the PostgreSQL that a test started
}
