package main

import (
	"fmt"
	"io"
	"strings"

	"kairan/sanitize"
)

// showText prints outputs for a person. Everything live is defanged.
type showText struct {
	w     io.Writer
	words map[string]string
	some  bool
}

// sanitizeWords are the words of the text format.
var sanitizeWords = map[string]map[string]string{
	"en": {
		"file": "file", "error": "not read", "reporter": "reporter's words", "tlp": "TLP asked for", "received": "received by", "opened": "opened",
		"original": "original", "path": "unwrapped from", "from": "from", "reply-to": "reply to", "subject": "subject", "date": "sent (to the hour)",
		"digest": "sha256", "body": "text", "attachments": "attachments", "indicators": "indicators", "redactions": "left out",
		"problems": "problems", "leaks": "LEAKS: do not pass this on", "none": "none", "benign": "no indicator", "size": "bytes", "times": "times",
		"inline": "header fields taken from a quoted block; no transport headers", ", ": ", ",
	},
	"ja": {
		"file": "ファイル", "error": "読み取れませんでした", "reporter": "報告者の記載", "tlp": "希望する共有範囲", "received": "受信者数", "opened": "開封の有無",
		"original": "原本", "path": "取り出し元", "from": "差出人", "reply-to": "返信先", "subject": "件名", "date": "送信日時（1時間単位）",
		"digest": "SHA-256", "body": "本文", "attachments": "添付ファイル", "indicators": "インディケータ", "redactions": "伏せた箇所",
		"problems": "注意事項", "leaks": "【漏えいのおそれあり】この内容は転送しないでください", "none": "なし", "benign": "対象外", "size": "バイト", "times": "か所",
		"inline": "ヘッダーは引用部分から取得したものです（配送経路の情報はありません）", ", ": "、",
		"=yes": "あり", "=no": "なし", "=high": "確度高", "=medium": "確度中", "=low": "確度低",
		"=link": "リンク", "=resource": "埋め込み", "=sender": "送信者", "=infrastructure": "送信基盤", "=attachment": "添付", "=text": "本文",
	},
}

func (s *showText) file(o sanitize.Output) error {
	var b strings.Builder
	if s.some {
		b.WriteString("\n")
	}
	s.some = true
	line := func(indent, name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s%s: %s\n", indent, s.words[name], inLine(value))
		}
	}
	line("", "file", o.File)
	line("  ", "error", o.Error)
	line("  ", "tlp", o.Report.TLP)
	line("  ", "received", o.Report.Received)
	line("  ", "opened", s.word(o.Report.Opened))
	if o.Report.ReporterText != "" {
		fmt.Fprintf(&b, "  %s:\n%s", s.words["reporter"], indented(sanitize.Defang(o.Report.ReporterText), "    "))
	}
	s.problems(&b, "  ", o.Problems)
	for n, original := range o.Originals {
		fmt.Fprintf(&b, "\n  %s %d\n", s.words["original"], n+1)
		line("    ", "path", original.Path)
		if original.Inline {
			fmt.Fprintf(&b, "    %s\n", s.words["inline"])
		}
		line("    ", "from", shownMailbox(original.From))
		line("    ", "reply-to", shownMailbox(original.ReplyTo))
		line("    ", "subject", sanitize.Defang(original.Subject))
		line("    ", "date", original.Date)
		line("    ", "digest", original.SHA256)
		s.list(&b, "attachments", len(original.Attachments))
		for _, a := range original.Attachments {
			s.attachment(&b, "      ", a)
		}
		s.list(&b, "indicators", len(original.Indicators))
		for _, i := range original.Indicators {
			note := s.word(i.Role) + s.words[", "] + s.word(i.Confidence)
			if i.Benign {
				note += s.words[", "] + s.words["benign"]
			}
			fmt.Fprintf(&b, "      %-12s %s  (%s)\n", i.Type, inLine(i.Defanged), note)
		}
		if len(original.Redactions) > 0 {
			s.list(&b, "redactions", len(original.Redactions))
			for _, r := range original.Redactions {
				fmt.Fprintf(&b, "      %s  %s  %d %s\n", r.Kind, inLine(r.Where), r.Count, s.words["times"])
			}
		}
		s.problems(&b, "    ", original.Problems)
		if original.Body != "" {
			fmt.Fprintf(&b, "    %s:\n%s", s.words["body"], indented(sanitize.Defang(original.Body), "      "))
		}
	}
	if len(o.Leaks) > 0 {
		fmt.Fprintf(&b, "\n  %s\n", s.words["leaks"])
		for _, l := range o.Leaks {
			fmt.Fprintf(&b, "    %s %s  %s  (%s)\n", l.Owner, l.Kind, inLine(l.Where), l.How)
		}
	}
	_, err := io.WriteString(s.w, b.String())
	return err
}

func (s *showText) end() error { return nil }

// word is a word of the schema in the reader's language.
func (s *showText) word(w string) string {
	if own, ok := s.words["="+w]; ok {
		return own
	}
	return w
}

func (s *showText) list(b *strings.Builder, name string, n int) {
	if n == 0 {
		fmt.Fprintf(b, "    %s: %s\n", s.words[name], s.words["none"])
		return
	}
	fmt.Fprintf(b, "    %s:\n", s.words[name])
}

func (s *showText) problems(b *strings.Builder, indent string, all []sanitize.Problem) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(b, "%s%s:\n", indent, s.words["problems"])
	for _, p := range all {
		fmt.Fprintf(b, "%s  %s\n", indent, inLine(strings.Join(strings.Fields(p.Code+"  "+p.Where+"  "+p.Detail), " ")))
	}
}

func (s *showText) attachment(b *strings.Builder, indent string, a sanitize.Attachment) {
	notes := ""
	if len(a.Notes) > 0 {
		notes = "  [" + strings.Join(a.Notes, ", ") + "]"
	}
	fmt.Fprintf(b, "%s%s  %s  %d %s%s\n", indent, inLine(sanitize.Defang(a.Name)), inLine(a.Type), a.Size, s.words["size"], notes)
	if a.SHA256 != "" {
		fmt.Fprintf(b, "%s  sha256 %s\n%s  sha1   %s\n%s  md5    %s\n", indent, a.SHA256, indent, a.SHA1, indent, a.MD5)
	}
}

func shownMailbox(m sanitize.Mailbox) string {
	address := sanitize.DefangAddress(m.Address)
	switch {
	case m.Name == "":
		return address
	case address == "":
		return sanitize.Defang(m.Name)
	}
	return sanitize.Defang(m.Name) + " (" + address + ")"
}

// indented is text with each line indented, fit for a terminal.
func indented(text, indent string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(indent + inLine(strings.TrimRight(line, "\n")) + "\n")
	}
	return b.String()
}
