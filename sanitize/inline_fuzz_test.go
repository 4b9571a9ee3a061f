package sanitize

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzInline reads any text as the body of a report, in both forms.
func FuzzInline(f *testing.F) {
	patterns := []string{"testdata/inline/*", "testdata/read/*.txt"}
	if dir := os.Getenv("KAIRAN_CORPUS"); dir != "" {
		patterns = append(patterns, filepath.Join(dir, "forward_crisp_fixtures", "*_body*.txt"))
	}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	for _, piece := range hostileTexts {
		f.Add(strings.Repeat(piece, 20))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []string{"text/plain", "text/html"} {
			u := Unpack([]byte("From: taro@member.example\nSubject: Fwd: x\nContent-Type: "+kind+"; charset=utf-8\n\n"+text), Limits{})
			if !utf8.ValidString(u.ReporterText) {
				t.Errorf("%s: the reporter's text is not valid UTF-8", kind)
			}
			if len(u.Originals) > 1 || len(u.Originals) == 0 && !slices.Contains(codes(u.Problems), ProblemNoOriginal) {
				t.Errorf("%s: %d originals, problems %+v; want one, or the problem that there is none", kind, len(u.Originals), u.Problems)
			}
			for _, o := range u.Originals {
				p, problems := Read(o.Raw, Limits{})
				for _, problem := range problems {
					if problem.Code != ProblemLimit && strings.HasPrefix(problem.Where, "header") {
						t.Errorf("%s: the mail written anew has problem %+v\n%s", kind, problem, o.Raw)
					}
				}
				if !o.Inline || len(p.Header) < 3 || !slices.Contains(codes(o.Problems), ProblemInline) {
					t.Errorf("%s: original %+v of %d header fields; want it marked as taken from a quoted block", kind, o, len(p.Header))
				}
			}
		}
		q := &quoteText{text: text}
		q.findQuoted()
		q.own()
		if lines := strings.Count(text, "\n") + 1; q.examined > 200*lines+1000 {
			t.Errorf("%d looks at %d lines", q.examined, lines)
		}
		if joined, lines := pageLines(text, 1<<20); len(lines.starts) != strings.Count(joined, "\n")+1 {
			t.Errorf("%d lines recorded of %d", len(lines.starts), strings.Count(joined, "\n")+1)
		}
	})
}

func FuzzQuotedDate(f *testing.F) {
	for _, s := range []string{"2020年5月21日(木) 午後4時15分", "Thu, 21 May 2020 16:15:00 +0900", "5/21/2020 4:15 PM", "21.05.2020", "26. lokakuuta 2021 klo 14.25.08 UTC+3", "令和2年5月21日"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, ok := quotedDate(s, nil, dateHabit{})
		if ok && (at.Year() < 1970 || at.Year() >= 2200) {
			t.Errorf("quotedDate(%q) = %v", s, at)
		}
	})
}
