//go:build race

package ingest

// raceDetector is true in a program built with -race. Its shadow memory counts as
// private memory many times over, so the limit on memory is left off there.
const raceDetector = true
