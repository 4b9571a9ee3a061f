package sanitize

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// oddNames are fields that name a file x.zip, each for some readers at least. The
// file itself says nothing of its kind.
func oddNames() map[string]string {
	const d, t = "Content-Disposition: attachment; ", "Content-Type: application/octet-stream; "
	names := map[string]string{
		"plain":                        d + `filename=x.zip`,
		"quoted":                       d + `filename="x.zip"`,
		"single quotes":                d + `filename='x.zip'`,
		"upper case":                   d + `FILENAME="x.zip"`,
		"upper-case extension":         d + `filename="x.ZIP"`,
		"type only":                    t + `name="x.zip"`,
		"type only, inline":            t + "name=x.zip\nContent-Disposition: inline",
		"type only, attachment":        t + "name=x.zip\nContent-Disposition: attachment",
		"type only, filename":          t + `filename=x.zip`,
		"disposition, name":            d + `name=x.zip`,
		"no word":                      `Content-Disposition: filename=x.zip`,
		"no word, semicolon":           `Content-Disposition: ; filename=x.zip`,
		"no word, several semicolons":  `Content-Disposition: ;;; filename=x.zip`,
		"no semicolon":                 `Content-Disposition: attachment filename=x.zip`,
		"comma":                        `Content-Disposition: attachment, filename=x.zip`,
		"colon":                        `Content-Disposition: attachment: filename=x.zip`,
		"word is a file":               `Content-Disposition: file; filename=x.zip`,
		"blanks around the equals":     d + `filename = x.zip`,
		"blanks, quoted":               d + `filename = "x.zip"`,
		"tabs around the equals":       d + "filename\t=\t\"x.zip\"",
		"equals twice":                 d + `filename==x.zip`,
		"equals twice, quoted":         d + `filename=="x.zip"`,
		"colon for equals":             d + `filename:x.zip`,
		"folded":                       "Content-Disposition: attachment;\n filename=x.zip",
		"folded before equals":         "Content-Disposition: attachment; filename\n =x.zip",
		"folded behind equals":         "Content-Disposition: attachment; filename=\n x.zip",
		"folded in quotes":             "Content-Disposition: attachment; filename=\"x.\n zip\"",
		"folded name":                  "Content-Disposition: attachment; file\n name=x.zip",
		"folded, CR":                   "Content-Disposition: attachment;\r filename=x.zip",
		"not folded":                   "Content-Disposition: attachment;\nfilename=x.zip",
		"trailing dot":                 d + `filename="x.zip."`,
		"trailing dots":                d + `filename="x.zip..."`,
		"trailing blank":               d + `filename="x.zip "`,
		"trailing tab":                 d + "filename=\"x.zip\t\"",
		"trailing semicolon":           d + `filename=x.zip;`,
		"leading blank":                d + `filename=" x.zip"`,
		"leading dot":                  d + `filename=".zip"`,
		"unix path":                    d + `filename="/tmp/x.zip"`,
		"dos path":                     d + `filename="C:\tmp\x.zip"`,
		"dos path, unquoted":           d + `filename=C:\tmp\x.zip`,
		"traversal":                    d + `filename="../../x.zip"`,
		"stream":                       d + `filename="x.zip::$DATA"`,
		"half open":                    d + `filename="x.zip`,
		"half open, more behind":       d + `filename="x.zip; size=3`,
		"half closed":                  d + `filename=x.zip"`,
		"quotes inside":                d + `filename=x".zip"`,
		"quotes split":                 d + `filename="x"".zip"`,
		"quotes, then more":            d + `filename="x".zip`,
		"quotes, then more quoted":     d + `filename="x.txt".zip`,
		"escaped quotes":               d + `filename="\"x.zip\""`,
		"backslash":                    d + `filename="x\.zip"`,
		"backslashes":                  d + `filename="\x\.\z\i\p"`,
		"backslash at the end":         d + `filename="x.zip\"`,
		"backslash, unquoted":          d + `filename=x\.zip`,
		"comment before":               d + `filename=(txt)x.zip`,
		"comment behind":               d + `filename=x.zip(txt)`,
		"comment behind a blank":       d + `filename=x.zip (x.txt)`,
		"comment in the middle":        d + `filename=x(y).zip`,
		"comment before the name":      d + `(x)filename=x.zip`,
		"comment in the name":          d + `file(x)name=x.zip`,
		"comment with a name":          d + `(filename=x.txt) filename=x.zip`,
		"comment before the word":      `Content-Disposition: (x) attachment; filename=x.zip`,
		"comment, half":                d + `(filename=x.zip`,
		"NUL in the middle":            d + "filename=\"x\x00.zip\"",
		"NUL behind":                   d + "filename=\"x.zip\x00\"",
		"NUL, then more":               d + "filename=\"x.zip\x00.txt\"",
		"NUL, zip behind":              d + "filename=\"x.txt\x00.zip\"",
		"NUL in the parameter":         d + "file\x00name=x.zip",
		"form feed":                    d + "\ffilename=x.zip",
		"bell in the name":             d + "filename=\"x\a.zip\"",
		"duplicate, last":              d + `filename=x.txt; filename=x.zip`,
		"duplicate, first":             d + `filename=x.zip; filename=x.txt`,
		"duplicate fields, last":       "Content-Disposition: attachment; filename=x.txt\nContent-Disposition: attachment; filename=x.zip",
		"duplicate fields, first":      "Content-Disposition: attachment; filename=x.zip\nContent-Disposition: attachment; filename=x.txt",
		"disposition and type":         t + "name=x.txt\n" + d + "filename=x.zip",
		"type and disposition":         t + "name=x.zip\n" + d + "filename=x.txt",
		"duplicate types":              "Content-Type: application/octet-stream; name=x.txt\nContent-Type: application/octet-stream; name=x.zip",
		"2231":                         d + `filename*=utf-8''x.zip`,
		"2231, quoted":                 d + `filename*="utf-8''x.zip"`,
		"2231, no charset":             d + `filename*=''x.zip`,
		"2231, no quotes":              d + `filename*=x.zip`,
		"2231, one quote":              d + `filename*=utf-8'x.zip`,
		"2231, language":               d + `filename*=utf-8'ja'x.zip`,
		"2231, unknown charset":        d + `filename*=x-none''x.zip`,
		"2231, shift_jis":              d + `filename*=Shift_JIS''%8E%91%97%BF.zip`,
		"2231, jis":                    d + `filename*=ISO-2022-JP''%1B$B%3BqNA%1B%28B.zip`,
		"2231, percent":                d + `filename*=utf-8''%78%2E%7A%69%70`,
		"2231, lower percent":          d + `filename*=utf-8''%78%2e%7a%69%70`,
		"2231, broken percent":         d + `filename*=utf-8''%x.zip%`,
		"2231, utf-16":                 d + `filename*=utf-16be''%00x%00.%00z%00i%00p`,
		"2231, equals blank":           d + `filename* = utf-8''x.zip`,
		"2231, split":                  d + `filename*0=x.; filename*1=zip`,
		"2231, split, coded":           d + `filename*0*=utf-8''x%2E; filename*1*=%7Aip`,
		"2231, split, mixed":           d + `filename*0*=utf-8''x.; filename*1="zip"`,
		"2231, split, order":           d + `filename*1=zip; filename*0=x.`,
		"2231, split, gap":             d + `filename*0=x.; filename*2=zip`,
		"2231, split, from 1":          d + `filename*1=x.; filename*2=zip`,
		"2231, split, leading zero":    d + `filename*00=x.; filename*01=zip`,
		"2231, split, twice":           d + `filename*0=x.; filename*1=txt; filename*0=x.; filename*1=zip`,
		"2231, split, same number":     d + `filename*0=x.; filename*1=txt; filename*1=zip`,
		"2231, split, charset in each": d + `filename*0*=utf-8''x.; filename*1*=utf-8''zip`,
		"2231, split, letters":         d + `filename*a=x.; filename*b=zip`,
		"2231, split, in the dot":      d + `filename*0=x; filename*1=.; filename*2=z; filename*3=ip`,
		"2231, split, one missing":     d + `filename*1=zip; filename=x.txt`,
		"2231, split, quoted percent":  d + `filename*0="x%2E"; filename*1="zip"`,
		"2231 beside plain":            d + `filename=x.txt; filename*=utf-8''x.zip`,
		"plain beside 2231":            d + `filename=x.zip; filename*=utf-8''x.txt`,
		"split beside plain":           d + `filename=x.txt; filename*0=x.; filename*1=zip`,
		"plain beside split":           d + `filename=x.zip; filename*0=x.; filename*1=txt`,
		"split beside coded":           d + `filename*=utf-8''x.txt; filename*0=x.; filename*1=zip`,
		"2231 in the type":             t + `name*=utf-8''x.zip`,
		"2231 in the type, split":      t + `name*0=x.; name*1=zip`,
		"2231, 250 pieces":             d + pieces("filename", strings.Repeat("y", 246)+".zip"),
		"2231, high numbers":           d + `filename*998=x.; filename*999=zip`,
		"2231, encoded word":           d + `filename*=utf-8''=?utf-8?Q?x.zip?=`,
		"2231 said in plain":           d + `filename="utf-8''x%2Ezip"`,
		"percent in plain":             d + `filename="x%2Ezip"`,
		"2047":                         d + `filename="=?utf-8?B?eC56aXA=?="`,
		"2047, Q":                      d + `filename="=?utf-8?Q?x=2Ezip?="`,
		"2047, unquoted":               d + `filename==?utf-8?B?eC56aXA=?=`,
		"2047, blank after equals":     d + `filename= =?utf-8?B?eC56aXA=?=`,
		"2047, split":                  d + `filename="=?utf-8?Q?x.?= =?utf-8?Q?zip?="`,
		"2047, split, glued":           d + `filename="=?utf-8?Q?x.?==?utf-8?Q?zip?="`,
		"2047, split, folded":          d + "filename=\"=?utf-8?Q?x.?=\n =?utf-8?Q?zip?=\"",
		"2047, split, unquoted":        d + `filename==?utf-8?Q?x.?= =?utf-8?Q?zip?=`,
		"2047, half":                   d + `filename="x.=?utf-8?Q?zip?="`,
		"2047, half behind":            d + `filename="=?utf-8?Q?x.z?=ip"`,
		"2047, half unquoted":          d + `filename==?utf-8?Q?x.z?=ip`,
		"2047, no end":                 d + `filename="=?utf-8?Q?x.zip"`,
		"2047, half an end":            d + `filename="=?utf-8?Q?x.zip?"`,
		"2047, base64, no end":         d + `filename="=?utf-8?B?eC56aXA="`,
		"2047, no padding":             d + `filename="=?utf-8?B?eHkuemlw?="`,
		"2047, bad base64":             d + `filename="=?utf-8?B?eC5!6aXA=?="`,
		"2047, blanks inside":          d + `filename="=?utf-8?Q?x .zip?="`,
		"2047, unknown charset":        d + `filename="=?x-none?Q?x.zip?="`,
		"2047, no charset":             d + `filename="=??Q?x.zip?="`,
		"2047, lower case":             d + `filename="=?UTF-8?q?x.zip?="`,
		"2047, language":               d + `filename="=?utf-8*en?Q?x.zip?="`,
		"2047, jis":                    d + `filename="=?iso-2022-jp?B?GyRCO3FOQRsoQi56aXA=?="`,
		"2047, jis split":              d + `filename="=?iso-2022-jp?B?GyRCO3E=?= =?iso-2022-jp?B?TkEbKEIuemlw?="`,
		"2047, twice coded":            d + `filename="=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=2Ezip=3F=3D?="`,
		"2047 of the whole":            `Content-Disposition: =?utf-8?Q?attachment;_filename=3Dx.zip?=`,
		"2047 of the parameter":        d + `=?utf-8?Q?filename=3Dx.zip?=`,
		"2047 in the type":             t + `name="=?utf-8?B?eC56aXA=?="`,
		"2047, encoding unknown":       d + `filename="=?utf-8?X?x.zip?="`,
		"8 bit, utf-8":                 d + "filename=\"資料.zip\"",
		"8 bit, sjis":                  d + "filename=\"\x8e\x91\x97\xbf.zip\"",
		"8 bit, sjis with a backslash": d + "filename=\"\x95\x5c.zip\"",
		"8 bit, sjis, unquoted":        d + "filename=\x8e\x91\x97\xbf.zip",
		"8 bit, euc":                   d + "filename=\"\xbb\xf1\xce\xc1.zip\"",
		"8 bit, jis":                   d + "filename=\"\x1b$B;qNA\x1b(B.zip\"",
		"8 bit, jis with a quote":      d + "filename=\"\x1b$B!\"\x1b(B.zip\"",
		"8 bit, jis, unquoted":         d + "filename=\x1b$B;qNA\x1b(B.zip",
		"8 bit, none":                  d + "filename=\"\xff\xfe.zip\"",
		"full-width dot":               d + "filename=\"x．zip\"",
		"turned round":                 d + "filename=\"x\u202epiz.zip\"",
		"zero width":                   d + "filename=\"x.z\u200bip\"",
		"description":                  "Content-Disposition: attachment\nContent-Description: x.zip",
		"description only":             t + "\nContent-Description: x.zip",
		"description in 2047":          t + "\nContent-Description: =?utf-8?B?eC56aXA=?=",
		"description beside":           d + "filename=x.txt\nContent-Description: x.zip",
		"location":                     t + "\nContent-Location: x.zip",
		"location, URL":                t + "\nContent-Location: http://evil.example/x.zip",
		"no value":                     "Content-Disposition:\nContent-Type: application/octet-stream; name=x.zip",
		"blanks in it, unquoted":       d + `filename=my x.zip`,
		"semicolon, quoted":            d + `filename="x;.zip"`,
		"semicolon, unquoted":          d + `filename=x;.zip`,
		"comma, unquoted":              d + `filename=x,y.zip`,
		"equals in it":                 d + `filename=x=y.zip`,
		"slash, unquoted":              d + `filename=a/x.zip`,
		"parameter before":             d + `x="; filename=x.txt"; filename=x.zip`,
		"parameter before, half":       d + `x="y; filename=x.zip`,
		"parameter named alike":        d + `xfilename=x.txt; filename=x.zip`,
		"hyphen":                       d + `file-name=x.zip`,
		"quoted parameter":             d + `"filename"="x.zip"`,
		"quoted parameter and all":     d + `"filename=x.zip"`,
		"long":                         d + `filename="` + strings.Repeat("y", 5000) + `.zip"`,
		"long parameter before":        d + `x="` + strings.Repeat("y", 5000) + `"; filename=x.zip`,
		"very long field":              d + `x="` + strings.Repeat("y", 70_000) + `"; filename=x.zip`,
		"many parameters":              d + strings.Repeat("a=b; ", 150) + `filename=x.zip`,
		"name misspelt":                "Content-Disposition : attachment; filename=x.zip",
		"name with a comment":          "Content-Disposition (x): attachment; filename=x.zip",
		"name with a NUL":              "Content-Disposition\x00: attachment; filename=x.zip",
		"name behind a blank":          "X-A: y\n Content-Disposition: attachment; filename=x.zip",
		"name folded":                  "Content-\n Disposition: attachment; filename=x.zip",
		"equals for the colon":         "Content-Disposition= attachment; filename=x.zip",
		"inline":                       "Content-Disposition: inline; filename=x.zip",
		"form-data":                    `Content-Disposition: form-data; name="f"; filename="x.zip"`,
		"unknown word":                 "Content-Disposition: foo; filename=x.zip",
		"size before":                  d + `size=1234; creation-date="Mon, 1 Jan 2024 00:00:00 +0900"; filename=x.zip`,
		"date half quoted":             d + `creation-date="Mon, 1 Jan 2024; filename=x.zip`,
	}
	return names
}

// pieces splits a value into one segment for each character (RFC 2231 §3).
func pieces(name, value string) string {
	var list []string
	for i := range len(value) {
		list = append(list, name+"*"+strconv.Itoa(i)+"="+value[i:i+1])
	}
	return strings.Join(list, ";\n ")
}

// However oddly a file is named, a name that some reader shows is told, or the mail
// is said to be ambiguous.
func TestEvasiveNames(t *testing.T) {
	n, found, flagged := 0, 0, 0
	names := oddNames()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		for _, place := range []string{"a part", "the mail", "a part without a type"} {
			for _, end := range []string{"\n", "\r\n", "\r"} {
				n++
				header := names[name] + "\n"
				if place != "a part without a type" && !strings.Contains(header, "Content-Type") {
					header = "Content-Type: application/octet-stream\n" + header
				}
				header += "Content-Transfer-Encoding: base64\n\n" + wrapped([]byte("\x00\x01\x02 bytes of no known kind \xff"), 76)
				mail := "From: a@evil.example\nSubject: x\n"
				if place == "the mail" {
					mail += header
				} else {
					mail += ordinaryMixed + "\n\n--bound42\n\nhello\n--bound42\n" + header + "--bound42--\n"
				}
				facts, problems := Sanitize(Original{Raw: []byte(strings.ReplaceAll(mail, "\n", end))}, Policy{})
				told := slices.ContainsFunc(facts.Attachments, func(a Attachment) bool {
					return strings.Contains(strings.ToLower(strings.ReplaceAll(norm.NFKC.String(a.Name), " ", "")), ".zip")
				})
				ambiguous := saysAmbiguous(problems)
				if told {
					found++
				}
				if ambiguous {
					flagged++
				}
				if !told && !ambiguous && !slices.ContainsFunc(problems, Problem.Holds) {
					var have []string
					for _, a := range facts.Attachments {
						have = append(have, a.Name)
					}
					t.Errorf("%s, in %s, lines ended by %q: told are %q, problems %v", name, place, end, have, problems)
				}
			}
		}
	}
	t.Logf("%d mails, name told in %d, ambiguous %d", n, found, flagged)
}
