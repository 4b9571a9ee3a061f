package sanitize

import "strings"

// isCalendar is true for the text of an invitation (RFC 5545 §3.4).
func isCalendar(s string) bool {
	const sign = "BEGIN:VCALENDAR"
	s = strings.TrimLeft(s[:min(len(s), 64)], " \r\n\t\ufeff")
	return len(s) >= len(sign) && strings.EqualFold(s[:len(sign)], sign)
}

// unfoldCalendar is a calendar as its reader sees it: long lines whole again
// (RFC 5545 §3.1), which breaks them in the midst of URLs, and the escapes of its
// texts undone (§3.3.11).
func unfoldCalendar(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\r' && i+1 < len(s) && s[i+1] == '\n':
		case c == '\n' && i+1 < len(s) && (s[i+1] == ' ' || s[i+1] == '\t'):
			i++
		case c == '\\' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n', 'N':
				b.WriteByte('\n')
			case ',', ';', '\\', '"':
				b.WriteByte(s[i])
			default:
				b.WriteByte('\\')
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
