package sanitize

import "strings"

// hashes finds MD5, SHA-1 and SHA-256 digests in a text: runs of exactly so many
// hex digits that stand alone and have letters and digits both.
func (o *observables) hashes(s string, at place, taken *spans) {
	at.confidence = "low"
	eachHexRun(s, func(start int, run string) bool {
		typ := map[int]string{32: TypeMD5, 40: TypeSHA1, 64: TypeSHA256}[len(run)]
		end := start + len(run)
		if typ == "" || taken.end(start) > 0 || start > 0 && isTokenByte(s[start-1]) || end < len(s) && isTokenByte(s[end]) {
			return true
		}
		if strings.ContainsAny(run, "0123456789") && strings.ContainsAny(run, "abcdefABCDEF") {
			o.add(typ, strings.ToLower(run), at, false)
		}
		return true
	})
}

func isTokenByte(c byte) bool {
	return isAlnum(c) || c == '_' || c == '-' || c == '+' || c == '/' || c == '=' || c == '@'
}
