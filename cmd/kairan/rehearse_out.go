package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"kairan/distribute"
	"kairan/store"
)

// internalFolder is where in the folder lies what only the operator sees.
const internalFolder = "internal"

// outFolder takes mails as a relay does. It keeps them until it is known whether
// they may go out, so that no mail lies in the folder that may not.
type outFolder struct {
	dir      string
	mails    []keptMail
	receipts [][]byte
}

type keptMail struct {
	to      string
	message []byte
}

var _ distribute.Courier = (*outFolder)(nil)

// Deliver keeps a mail. A mail without a return path is a receipt.
func (o *outFolder) Deliver(_ context.Context, e distribute.Envelope, message []byte) store.Outcome {
	if e.From == "" {
		o.receipts = append(o.receipts, message)
	} else {
		o.mails = append(o.mails, keptMail{e.To, message})
	}
	return store.Outcome{Kind: store.Accepted, Code: 250, Text: "kept for a file", Stage: "dot"}
}

// ours are the names of files that a rehearsal writes.
var ours = regexp.MustCompile(`^(disposition\.json|member(-[a-z]+)?-[0-9]+\.eml)$`)

var oursInternal = regexp.MustCompile(`^((reports|notices)\.json|notice-[0-9]+\.txt|receipt-[0-9]+\.eml)$`)

// clear makes the folder, and removes what an earlier rehearsal wrote: a mail of
// that one must not look like one of this. Other files stay.
func (o *outFolder) clear() error {
	for dir, names := range map[string]*regexp.Regexp{o.dir: ours, filepath.Join(o.dir, internalFolder): oursInternal} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("--out: make %s: %w", inLine(dir), cause(err))
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("--out: %s: %w", inLine(dir), cause(err))
		}
		for _, e := range entries {
			if e.IsDir() || !names.MatchString(e.Name()) {
				continue
			}
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("--out: remove %s of an earlier rehearsal: %w", inLine(e.Name()), cause(err))
			}
		}
	}
	return nil
}

// writeMails writes member-1.eml and so on: numbered for each contact, so that no
// name depends on who else gets mail.
func (o *outFolder) writeMails() error {
	n := map[string]int{}
	for _, m := range o.mails {
		local, _, _ := strings.Cut(m.to, "@")
		n[local]++
		if err := o.writeFile(fmt.Sprintf("%s-%d.eml", filepath.Base(local), n[local]), m.message); err != nil {
			return err
		}
	}
	return nil
}

// writeReceipts writes what reporters would get. They name the reporter, so they
// are the operator's alone.
func (o *outFolder) writeReceipts() error {
	for i, r := range o.receipts {
		if err := o.writeFile(filepath.Join(internalFolder, fmt.Sprintf("receipt-%d.eml", i+1)), r); err != nil {
			return err
		}
	}
	return nil
}

func (o *outFolder) writeJSON(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return o.writeFile(name, append(b, '\n'))
}

func (o *outFolder) writeFile(name string, b []byte) error {
	if err := os.WriteFile(filepath.Join(o.dir, name), b, 0o600); err != nil {
		return fmt.Errorf("--out: write %s: %w", inLine(name), cause(err))
	}
	return nil
}
