package sanitize

import "testing"

func TestCTEDecode(t *testing.T) {
	for _, c := range []struct {
		name, encoding, in, want string
		outcome                  outcome
		known                    bool
	}{
		{"identity", "8bit", "a=41", "a=41", encodedWell, true},
		{"base64", "base64", "SGVs\r\nbG8=\r\n", "Hello", encodedWell, true},
		{"base64 in one line with blanks", "base64", " SGVs bG8= ", "Hello", encodedWell, true},
		{"base64 unpadded", "base64", "SGVsbG8", "Hello", encodedBadly, true},
		{"base64 cut after one character", "base64", "SGVsbG8hI", "Hello!", encodedBadly, true},
		{"base64 blocks behind one another", "base64", "SGVsbG8=\nSGVsbG8=", "HelloHello", encodedDoubtfully, true},
		{"base64 with junk", "base64", "SGV*sbG8=", "Hello", encodedDoubtfully, true},
		{"base64 with a list's footer", "base64", "SGVsbG8=\n_____\nlist mailing list\n", "Hello", encodedBadly, true},
		{"base64 with a footer and no padding", "base64", "SGVsbG8h\nTo leave, write to us.\n", "Hello!", encodedBadly, true},
		{"base64 over the limit", "base64", "SGVsbG8hSGVsbG8hSGVsbG8hSGVsbG8h", "Hello!Hello!", encodedWell, true},
		{"base64 of nothing", "base64", "", "", encodedWell, true},
		{"quoted-printable", "quoted-printable", "a=3Db=\r\nc=e3=81=82  \r\nd", "a=bcあ\r\nd", encodedWell, true},
		{"quoted-printable, LF and blanks behind =", "quoted-printable", "a= \nb", "ab", encodedWell, true},
		{"quoted-printable, bare =", "quoted-printable", "a=b=zz", "a=b=zz", encodedBadly, true},
		{"quoted-printable, = at the end", "quoted-printable", "ab=", "ab", encodedWell, true},
		{"uuencode", "x-uuencode", "begin 644 a.txt\n%2&5L;&\\\n`\nend\n", "Hello", encodedWell, true},
		{"uuencode unfinished", "x-uuencode", "begin 644 a.txt\n%2&5L;&\\\n", "Hello", encodedBadly, true},
		{"uuencode without begin", "uuencode", "hello", "hello", encodedDoubtfully, true},
		{"unknown", "8bit+", "a", "a", encodedDoubtfully, false},
	} {
		got, o, known := cteDecode([]byte(c.in), c.encoding, 12)
		if string(got) != c.want || o != c.outcome || known != c.known {
			t.Errorf("%s: cteDecode(%q, %q) = %q, %v, known=%v; want %q, %v, %v", c.name, c.in, c.encoding, got, o, known, c.want, c.outcome, c.known)
		}
	}
	for in, want := range map[string]string{" BASE64 ": "base64", "base64 (comment)": "base64", `"base64"`: "base64", "7bit;": "7bit", "": "", "8bit+": "8bit+"} {
		if got := transferName(in); got != want {
			t.Errorf("transferName(%q) = %q; want %q", in, got, want)
		}
	}
}
