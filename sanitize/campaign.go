package sanitize

import (
	"slices"
	"strings"
)

// Two victims of one attack get mails that are the same but for what was made for
// each of them. What differs between two reports of one attack therefore stands
// for a recipient, however harmless it looks: that is the one sure sign of a token
// that decodes to nothing.

// Skeleton is what is the same in the URLs that an attack has for its victims:
// scheme and host, how many segments the path has and what it ends in, the names of
// the parameters. It is no URL.
func Skeleton(url string) string {
	p, ok := splitURL(url)
	if !ok {
		return url
	}
	var b strings.Builder
	b.WriteString(p.scheme + "://" + p.host + p.port)
	for range strings.Count(p.path, "/") {
		b.WriteByte('/')
	}
	if last := p.path[strings.LastIndexByte(p.path, '/')+1:]; strings.IndexByte(last, '<') < 0 {
		if dot := strings.LastIndexByte(last, '.'); dot >= 0 && len(last)-dot <= 6 {
			b.WriteString(strings.ToLower(last[dot:]))
		}
	}
	if p.hasQuery {
		b.WriteByte('?')
		for pair := range strings.SplitSeq(p.query, "&") {
			name, _, named := strings.Cut(pair, "=")
			if named {
				b.WriteString(name + "=")
			}
			b.WriteByte('&')
		}
	}
	if p.hasFragment {
		b.WriteByte('#')
	}
	return b.String()
}

// Generalise is facts with everything replaced that differs from other, the facts
// of an original of the same attack: the parts of URLs that are alike but for them,
// and the pieces of the subject and of names of files. It reports whether anything
// was. What only one of the two has stays as it is.
func Generalise(facts, other Facts) (Facts, bool) {
	changed := false
	has := map[[2]string]bool{}
	for _, i := range other.Indicators {
		has[[2]string{i.Type, i.Value}] = true
	}
	own := map[[2]string]bool{}
	for _, i := range facts.Indicators {
		own[[2]string{i.Type, i.Value}] = true
	}
	// What the other has and facts has not may be the same thing for another victim.
	strangers := map[string][]string{}
	for _, i := range other.Indicators {
		if !own[[2]string{i.Type, i.Value}] {
			key := i.Type + " " + kin(i.Type, i.Value)
			strangers[key] = append(strangers[key], i.Value)
		}
	}
	counts := redactions{}
	out := facts
	out.Indicators = slices.Clone(facts.Indicators)
	for n := range out.Indicators {
		i := &out.Indicators[n]
		if has[[2]string{i.Type, i.Value}] {
			continue
		}
		list := strangers[i.Type+" "+kin(i.Type, i.Value)]
		if len(list) == 0 {
			continue
		}
		value := differing(i.Type, i.Value, list[0], counts)
		if value != i.Value {
			changed = true
			i.Value, i.Defanged, i.Pattern = value, defanged(i.Type, value), searchPattern(value)
		}
	}
	if subject := differing(TypeSubject, out.Subject, other.Subject, counts); other.Subject != "" && subject != out.Subject {
		changed, out.Subject = true, subject
	}
	out.Attachments = slices.Clone(facts.Attachments)
	for n := range out.Attachments {
		if n >= len(other.Attachments) {
			break
		}
		a, b := &out.Attachments[n], other.Attachments[n]
		if name := differing(TypeFilename, a.Name, b.Name, counts); a.SHA256 == b.SHA256 && name != a.Name {
			changed, a.Name = true, name
		}
	}
	if !changed {
		return facts, false
	}
	b := builder{limits: DefaultLimits(), facts: out, counts: map[Redaction]int{}, told: map[Problem]bool{}}
	out.Indicators = b.unite(out.Indicators)
	out.Redactions = append(slices.Clip(facts.Redactions), Redaction{Kind: strings.Trim(IdentityToken.Placeholder(), "<>"), Where: "other reports of the case", Count: counts[IdentityToken]})
	return out, true
}

// kin is what two values have in common that may be one thing for two victims.
func kin(typ, value string) string {
	switch typ {
	case TypeURL:
		return Skeleton(value)
	case TypeSender, TypeReplyTo, TypeReturnPath, TypeEmail:
		_, domain, _ := cutLast(value, '@')
		return domain
	case TypeDomain:
		return registeredDomain(value)
	case TypeFilename, TypeSubject:
		return separators(value)
	}
	return value
}

// separators is what stands between the pieces of a name.
func separators(s string) string {
	return strings.Map(func(r rune) rune {
		if isPieceRune(r) {
			return -1
		}
		return r
	}, s)
}

// isPieceRune reports whether r belongs to a piece of a name.
func isPieceRune(r rune) bool {
	return r > 0x7f && r != '　' && r != '・' && r != '【' && r != '】' && r != '（' && r != '）' && r != '「' && r != '」' && r != '：' && r != '、' || r < 0x80 && isAlnum(byte(r)) || r == '<' || r == '>'
}

// differing is value with its pieces replaced that are others in like.
func differing(typ, value, like string, counts redactions) string {
	token := IdentityToken.Placeholder()
	either := func(a, b string) string {
		if a == b || a == "" || placeholderAt(a) == len(a) {
			return a
		}
		counts[IdentityToken]++
		return token
	}
	switch typ {
	case TypeURL:
		p, ok1 := splitURL(value)
		q, ok2 := splitURL(like)
		if !ok1 || !ok2 {
			return value
		}
		each := func(a, b, seps string) string {
			list := splitAny(b, seps)
			n := -1
			return mapBetween(a, seps, func(s string) string {
				n++
				if n >= len(list) {
					return either(s, "")
				}
				return either(s, list[n])
			})
		}
		p.userinfo = either(p.userinfo, q.userinfo)
		p.path = each(p.path, q.path, "/")
		p.query = each(p.query, q.query, "&=")
		p.fragment = each(p.fragment, q.fragment, "&=/")
		return p.String()
	case TypeSender, TypeReplyTo, TypeReturnPath, TypeEmail:
		local, domain, _ := cutLast(value, '@')
		other, _, _ := cutLast(like, '@')
		return either(local, other) + "@" + domain
	case TypeDomain:
		return registeredDomain(value)
	case TypeSubject, TypeFilename:
		if separators(value) != separators(like) {
			return value
		}
		others := strings.FieldsFunc(like, func(r rune) bool { return !isPieceRune(r) })
		own := strings.FieldsFunc(value, func(r rune) bool { return !isPieceRune(r) })
		if len(own) != len(others) {
			return value
		}
		var b strings.Builder
		rest := value
		for n, piece := range own {
			at := strings.Index(rest, piece)
			b.WriteString(rest[:at])
			b.WriteString(either(piece, others[n]))
			rest = rest[at+len(piece):]
		}
		return b.String() + rest
	}
	return value
}

// splitAny cuts s at each of the bytes seps.
func splitAny(s, seps string) []string {
	var out []string
	mapBetween(s, seps, func(piece string) string {
		out = append(out, piece)
		return piece
	})
	return out
}
