package sanitize

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLearned bounds the identities of one report. A report has a few dozen; an
// attacker who fills To with thousands must not slow down every search.
const maxLearned = 1000

// Learn gathers what would identify the reporter or a victim: who sent the
// report and the mails between it and the originals, and to whom the originals
// were delivered. It never takes an original's From or Reply-To, which are the
// attacker's, nor the domain of a provider of mailboxes for everybody. The hub's
// own mailbox, to which a report is addressed, is among the result, because Learn
// cannot know it; [Sanitize] and [NewGate] leave out what the registry says
// belongs to the hub, and [WithoutHub] does so for others.
func Learn(u Unpacked) []Identity {
	l := &learner{seen: map[Identity]bool{}, attackers: map[string]bool{}}
	if u.Outer != nil {
		l.mail(u.Outer.Header, OwnerReporter)
	}
	for _, a := range u.feedback.recipients {
		l.address(a, OwnerVictim)
	}
	var originals []*Part
	for i := range u.Originals {
		o := &u.Originals[i]
		for _, through := range o.Through {
			l.mail(through.Header, OwnerReporter)
		}
		o.read(Limits{}, nil, nil)
		p := o.parsed
		originals = append(originals, p)
		for _, name := range []string{"From", "Sender", "Reply-To", "Return-Path"} {
			for _, m := range p.Header.Mailboxes(name) {
				l.attackers[strings.ToLower(m.Address)] = true
				if _, domain, ok := cutLast(strings.ToLower(m.Address), '@'); ok {
					l.attackers[domain] = true
				}
			}
		}
	}
	for _, p := range originals {
		for _, name := range recipientFields {
			for _, m := range p.Header.Mailboxes(name) {
				l.victim(m)
			}
		}
		l.traces(p.Header, OwnerVictim)
		l.salutations(p)
	}
	if u.Outer != nil {
		l.traces(u.Outer.Header, OwnerReporter)
	}
	for i := range u.Originals {
		for _, through := range u.Originals[i].Through {
			l.traces(through.Header, OwnerReporter)
		}
	}
	l.ownWords(u.ReporterText)
	return l.out
}

// recipientFields say to whom a mail was delivered (RFC 5322 §3.6.3 and §3.6.6,
// and what servers add).
var recipientFields = []string{
	"To", "Cc", "Bcc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "X-RCPT-To",
	"Resent-To", "Resent-Cc", "Resent-Bcc", "Resent-From", "Resent-Sender", "X-Forwarded-To", "X-Forwarded-For", "Apparently-To",
}

type learner struct {
	out       []Identity
	seen      map[Identity]bool
	attackers map[string]bool // addresses and domains that an original is from
	domains   []string        // of the reporter and the victims
}

func (l *learner) add(kind IdentityKind, value, owner string) {
	value = strings.TrimSpace(value)
	id := Identity{Kind: kind, Value: value}.folded()
	if id.Value == "" || l.seen[id] || len(l.out) >= maxLearned || len(value) > 320 {
		return
	}
	l.seen[id] = true
	l.out = append(l.out, Identity{Kind: kind, Value: value, Owner: owner})
}

// mail learns from the header of a report, or of a mail between it and an
// original.
func (l *learner) mail(h Header, owner string) {
	for _, name := range []string{"From", "Sender", "Reply-To", "Cc", "Resent-From", "Disposition-Notification-To"} {
		for _, m := range h.Mailboxes(name) {
			l.address(m.Address, owner)
			l.names(m.Name, owner)
		}
	}
	// A report's To is mostly the hub, whose name must not become a secret.
	for _, m := range h.Mailboxes("To") {
		l.address(m.Address, owner)
	}
}

// victim learns a recipient of an original. An attacker who writes to himself
// and the victims in Bcc is no victim.
func (l *learner) victim(m Mailbox) {
	if m.Address == "" && m.Name == "" {
		return
	}
	own := false
	for _, d := range l.domains {
		_, domain, _ := cutLast(strings.ToLower(m.Address), '@')
		own = own || under(domain, d)
	}
	if l.attackers[strings.ToLower(m.Address)] && !own {
		return
	}
	l.address(m.Address, OwnerVictim)
	l.names(m.Name, OwnerVictim)
}

// address learns an address, its domain and its local part.
func (l *learner) address(address, owner string) {
	address = strings.ToLower(strings.TrimSpace(address))
	local, domain, ok := cutLast(address, '@')
	if !ok || local == "" || !validHost(hostASCII(domain)) {
		return
	}
	l.add(IdentityAddress, address, owner)
	domain = hostASCII(domain)
	if !isPublicProvider(domain) && strings.Contains(domain, ".") && (owner == OwnerReporter || !l.attackers[domain] || l.knows(domain)) {
		l.add(IdentityDomain, domain, owner)
		// Of a name at a service that gives names to everybody, only that.
		if registered := tenantDomain(domain); registered != publicSuffix(domain) && !isPublicProvider(registered) && !isShared(registered) {
			domain = registered
			l.add(IdentityDomain, domain, owner)
		}
		l.domains = append(l.domains, domain)
	}
	pieces := strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune("._+-=", r) })
	if len(pieces) > 1 && len(local) >= 4 && !commonWords[local] {
		l.add(IdentityPerson, local, owner)
	}
	for _, p := range pieces {
		if len(p) >= 4 && !commonWords[p] && strings.Trim(p, "0123456789") != "" {
			l.add(IdentityPerson, p, owner)
			l.kana(p, owner)
		}
	}
	if len(pieces) == 2 {
		l.together(pieces[0], pieces[1], owner)
	}
}

// kana learns how a name in Latin letters is written in Japanese syllables.
func (l *learner) kana(name, owner string) {
	for _, k := range kanaOf(name) {
		l.add(IdentityPerson, k, owner)
	}
}

// together learns how the names of a person are written in one word, as accounts
// are called: with an initial, or whole, in either order.
func (l *learner) together(one, other, owner string) {
	for _, names := range [][2]string{{one, other}, {other, one}} {
		first, last := strings.ToLower(names[0]), strings.ToLower(names[1])
		if !isASCII(first+last) || len(first) < 2 || len(last) < 4 || strings.Trim(first+last, "abcdefghijklmnopqrstuvwxyz") != "" {
			continue
		}
		for _, word := range []string{first[:1] + last, last + first[:1], first + last} {
			if len(word) >= 6 && !commonWords[word] {
				l.add(IdentityPerson, word, owner)
			}
		}
	}
}

func (l *learner) knows(domain string) bool {
	for _, d := range l.domains {
		if under(domain, d) {
			return true
		}
	}
	return false
}

// names learns a display name, and each of its words that can name somebody.
func (l *learner) names(name, owner string) {
	name = cleanText(name, 100)
	if name == "" {
		return
	}
	if i := strings.IndexByte(name, '@'); i >= 0 {
		l.address(strings.Trim(name, "'\"()[]‹› "), owner)
		return
	}
	words := strings.FieldsFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsPunct(r) && r != '-' && r != '\'' && r != 'ー' || unicode.IsSymbol(r)
	})
	telling := words[:0:0]
	for _, w := range words {
		if tellingWord(w) {
			telling = append(telling, w)
			l.add(IdentityPerson, withoutHonorific(w), owner)
			l.kana(withoutHonorific(w), owner)
		}
	}
	if len(telling) > 1 {
		l.add(IdentityPerson, strings.Join(telling, " "), owner)
	}
	if len(telling) == 2 {
		l.together(telling[0], telling[1], owner)
	}
}

// tellingWord reports whether a word of a display name can name somebody.
func tellingWord(w string) bool {
	folded, _ := foldString(withoutHonorific(w))
	if commonWords[folded] || folded == "" {
		return false
	}
	n := utf8.RuneCountInString(folded)
	if isASCII(folded) {
		return n >= 3 && strings.ContainsFunc(folded, unicode.IsLetter)
	}
	for _, common := range commonParts {
		if strings.Contains(folded, common) {
			return false
		}
	}
	return n >= 2
}

var honorifics = []string{"様", "さま", "殿", "さん", "氏", "先生", "御中"}

func withoutHonorific(w string) string {
	for _, h := range honorifics {
		if t := strings.TrimSuffix(w, h); t != w && t != "" {
			return t
		}
	}
	return w
}

// commonWords are words of display names and local parts that name nobody. One
// of them among the identities would stop every notice.
var commonWords = stringSet(`
info information support supports admin administrator admins security contact contacts sales mail email mails postmaster webmaster hostmaster noreply
no-reply donotreply do-not-reply abuse help helpdesk service services team group groups user users report reports reporter soc csirt cert staff office
system systems test tests customer customers client clients member members account accounts billing payment payments invoice order orders news
newsletter notice notices notification notifications alert alerts recruit recruiting hr general main all list undisclosed recipients recipient
undisclosed-recipients department division section company corporation limited japan tokyo osaka dear sir madam friend friends valued holder
mr mrs ms miss dr prof the and for from with via public press media marketing manager management reception shop store online web site desk center
centre network server root daemon mailer-daemon nobody guest demo example sample name unknown inquiry inquiries enquiry shared mailbox postbox
phishing spam suspicious incident kairan hub attack targeted subject date received message attachment http https html text plain`)

// commonParts make a Japanese word no name.
var commonParts = []string{
	"お客", "御客", "各位", "皆様", "皆さま", "みなさま", "担当", "会員", "利用者", "ゆーざ", "めんばー", "関係者", "受信者", "宛先", "契約", "あかうんと", "購読",
	"加入者", "重要", "お知らせ", "通知", "株主", "事務局", "窓口", "問い合わせ", "問合せ", "管理者", "さぽーと", "せんたー", "ぐるーぷ", "営業部", "総務部", "人事部", "経理部",
	"情報しすてむ", "せきゅりてぃ", "しすてむ部", "部長", "課長", "係長", "社長", "取締役", "代表", "本社", "支店", "支社", "御中", "貴社", "弊社", "報告", "連絡", "らんさむ",
	"件名", "差出人", "添付", "標的型", "不審", "めーる",
}

// Lines that address the reader by name.
var (
	japaneseSalutation = regexp.MustCompile(`^[\s>|]*(\S.{0,39}?)[ 　]*(様|殿|さま|御中)[ 　]*(へ|宛|：|:|、|,|。)?[ 　]*$`)
	englishSalutation  = regexp.MustCompile(`^[\s>|]*(?i:Dear|Hello|Hi|Attention|Attn)[:,]?[ ]+(?:(?i:Mr|Ms|Mrs|Dr|Miss|Prof|Sir)\.?[ ]+)?([A-Z][\p{L}'-]{1,30}(?: [A-Z][\p{L}'.-]{0,30}){0,2})[ ]*[,:!.;-]*[ ]*$`)
)

// maySalute is a cheap test for lines that one of the expressions could match.
func maySalute(line string) bool {
	for _, mark := range [...]string{"様", "殿", "さま", "御中"} {
		if strings.Contains(line, mark) {
			return true
		}
	}
	line = strings.TrimLeft(line, " \t>|")
	if len(line) < 4 {
		return false
	}
	switch line[0] | 0x20 {
	case 'd', 'h', 'a':
	default:
		return false
	}
	for _, word := range [...]string{"dear", "hell", "hi ", "hi,", "hi:", "atte", "attn"} {
		if strings.EqualFold(line[:len(word)], word) {
			return true
		}
	}
	return false
}

const (
	salutationLines = 40 // where a mail may address its reader
	maxSalutations  = 10
)

// salutations learns whom the first lines of an original address.
func (l *learner) salutations(root *Part) {
	found := 0
	root.Walk(func(p *Part) {
		text := p.Text
		if p.MediaType == "text/html" && text != "" {
			text = p.pageText()
		}
		for range salutationLines {
			if text == "" || found >= maxSalutations {
				return
			}
			line, rest, _ := strings.Cut(text, "\n")
			text = rest
			if len(line) > 400 {
				continue
			}
			if !maySalute(line) {
				continue
			}
			if m := japaneseSalutation.FindStringSubmatch(line); m != nil && !strings.ContainsAny(m[1], "、。！!?？「」『』【】@<>/") {
				found++
				l.names(m[1], OwnerVictim)
				if m[2] == "御中" && tellingWord(m[1]) {
					l.add(IdentityOrganisation, m[1], OwnerVictim)
				}
			} else if m := englishSalutation.FindStringSubmatch(line); m != nil {
				found++
				l.names(m[1], OwnerVictim)
			}
		}
	})
}
