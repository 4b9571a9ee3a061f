package sanitize

import (
	"net/mail"
	"regexp"
	"strconv"
	"time"
)

// Dates as inline forwards of Japanese mail programs have them.
var (
	japaneseDate = regexp.MustCompile(`(\d{4})[年/-](\d{1,2})[月/-](\d{1,2})日?[^\d]{0,12}?(午前|午後)?\s{0,3}(\d{1,2})[:時](\d{1,2})`)
	japanTime    = time.FixedZone("JST", 9*60*60)
)

// coarseDate is when a Date field says a mail was sent, truncated, in UTC and as
// RFC 3339, "" if it says nothing readable. A Japanese date without a zone counts
// as Japan's time.
func coarseDate(field string, grain time.Duration) string {
	field = cleanText(field, 200)
	// As nearly all dates are written; mail.ParseDate tries dozens of forms.
	t, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", field)
	if err != nil {
		t, err = mail.ParseDate(field)
	}
	if err != nil {
		m := japaneseDate.FindStringSubmatch(field)
		if m == nil {
			return ""
		}
		n := make([]int, len(m))
		for i := range m {
			n[i], _ = strconv.Atoi(m[i]) // digits only, by the expression
		}
		if m[4] == "午後" && n[5] < 12 {
			n[5] += 12
		}
		t = time.Date(n[1], time.Month(n[2]), n[3], n[5], n[6], 0, 0, japanTime)
	}
	t = t.UTC()
	if t.Year() < 1970 || t.Year() > 2200 {
		return ""
	}
	return t.Truncate(grain).Format(time.RFC3339)
}
