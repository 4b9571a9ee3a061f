package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"kairan/sanitize/benign"
)

// Bounds of a folder of warning lists. MISP's whole collection has 136 files and
// 14 MB.
const (
	maxLists     = 1000
	maxListBytes = 64 << 20
)

// warningLists are the built-in lists of what is no indicator and those in
// folder: files of MISP's format, as *.json or, as MISP publishes them, as
// */list.json. "" is no folder.
func warningLists(folder string) (*benign.Lists, error) {
	lists := benign.Builtin()
	if folder == "" {
		return lists, nil
	}
	var files []string
	for _, pattern := range []string{"*.json", "*/list.json"} {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return nil, fmt.Errorf("warning lists in %s: %w", folder, err)
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	if len(files) == 0 {
		return nil, fmt.Errorf("warning lists in %s: there is no *.json and no */list.json", folder)
	}
	if len(files) > maxLists {
		return nil, fmt.Errorf("warning lists in %s: more than %d files", folder, maxLists)
	}
	var bad []error
	for _, file := range files {
		if err := addList(lists, file); err != nil {
			bad = append(bad, fmt.Errorf("warning list %s: %w", file, cause(err)))
		}
	}
	return lists, errors.Join(bad...)
}

func addList(lists *benign.Lists, file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.Size() > maxListBytes {
		return fmt.Errorf("it is larger than %d MiB", maxListBytes>>20)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return lists.Add(b)
}
