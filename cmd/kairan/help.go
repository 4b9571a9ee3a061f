package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed help/*.md
var manual embed.FS

// runHelp prints one topic of the manual, or lists the topics.
func runHelp(_ context.Context, s std, args []string) error {
	names, err := fs.Glob(manual, "help/*.md")
	if err != nil {
		return err
	}
	if len(args) > 1 {
		return usagef("it takes one topic; kairan help lists them")
	}
	if len(args) == 0 || asksHelp(args[0]) {
		fmt.Fprint(s.out, "topics of the manual (kairan help TOPIC):\n\n")
		for _, name := range names {
			text, err := manual.ReadFile(name)
			if err != nil {
				return err
			}
			title, _, _ := strings.Cut(string(text), "\n")
			fmt.Fprintf(s.out, "  %-16s %s\n", strings.TrimSuffix(path.Base(name), ".md"), strings.TrimPrefix(title, "# "))
		}
		return nil
	}
	text, err := manual.ReadFile("help/" + args[0] + ".md")
	if err != nil {
		return usagef("the manual has no topic %q; kairan help lists them", args[0])
	}
	_, err = s.out.Write(text)
	return err
}
