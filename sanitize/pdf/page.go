package pdf

import "bytes"

// pages reads content streams (§8, §9), without drawing anything: the text that
// they show, the pictures in them, and what they fill.
type pages struct {
	r     *reader
	fonts map[*object]*font
	read  map[*object]bool
	named map[name]value // fonts by the name under which anything knows them; nil before it is asked for
}

// readAll reads the pages in the order of the file, then what no page has: forms,
// the looks of notes, patterns, and streams that were left behind by a revision.
func (p *pages) readAll() {
	for _, o := range p.r.objects {
		d := o.dict()
		if d == nil || o.stream != nil || d["Contents"] == nil || !p.r.spend(1) {
			continue
		}
		if t := p.r.name(d["Type"]); t == "Page" || d["MediaBox"] != nil || d["Resources"] != nil {
			p.page(d)
		}
	}
	for _, o := range p.r.objects {
		if o.stream == nil || p.read[o] || !p.r.isContent(o) {
			continue
		}
		d := o.dict()
		c := p.canvas(p.r.dict(d["Resources"]))
		p.feed(c, o)
		c.finish()
	}
}

// page reads one page, whose content may be cut into several streams.
func (p *pages) page(d dict) {
	const most = 10_000
	c := p.canvas(p.resources(d))
	if o := p.r.object(d["Contents"]); o != nil {
		p.feed(c, o)
	} else if list, ok := p.r.resolve(d["Contents"]).(array); ok {
		for _, v := range list[:min(len(list), most)] {
			if o := p.r.object(v); o != nil && p.r.work > 0 {
				p.feed(c, o)
			}
		}
	}
	c.finish()
}

// feed gives a stream to a canvas. One that several pages share is read again only
// if it is short: it may set up what follows.
func (p *pages) feed(c *canvas, o *object) {
	const short = 4096
	b := p.r.data(o)
	if p.read[o] && (len(b) > short || !p.r.spend(16)) {
		return
	}
	p.read[o] = true
	c.draw(b)
}

// resources are those of a page, or what it inherits (§7.7.3.4).
func (p *pages) resources(d dict) dict {
	const most = 32
	for range most {
		if found := p.r.dict(d["Resources"]); found != nil {
			return found
		}
		if d = p.r.dict(d["Parent"]); d == nil {
			break
		}
	}
	return nil
}

// isContent is true for a stream that draws: of a page, a form or a pattern. What
// does not say what it is and is no text is none.
func (r *reader) isContent(o *object) bool {
	d := o.dict()
	if t := r.name(d["Type"]); t != "" && t != "XObject" && t != "Pattern" {
		return false
	}
	if s := r.name(d["Subtype"]); s == "Form" || r.name(d["Type"]) == "Pattern" {
		return true
	} else if s != "" || d["Length1"] != nil || d["FunctionType"] != nil || d["ShadingType"] != nil || d["Alternate"] != nil || r.taken[o] {
		return false
	}
	b := r.data(o)
	if bytes.Contains(b[:min(len(b), 4096)], []byte("begincmap")) {
		return false
	}
	odd := 0
	head := b[:min(len(b), 256)]
	for _, c := range head {
		if c >= 0x7f || c < ' ' && !isSpace(c) || c == 0 {
			odd++
		}
	}
	return odd*3 <= len(head)
}

// font is the font that a name means for resources.
func (p *pages) font(resources dict, n name) *font {
	v, ok := p.r.dict(resources["Font"])[n]
	if !ok {
		v = p.anyFont(n)
	}
	d := p.r.dict(v)
	if d == nil {
		return noFont
	}
	k, ok := v.(ref)
	if !ok {
		return p.r.font(d)
	}
	o := p.r.latest[k.number]
	if p.fonts[o] == nil {
		p.fonts[o] = p.r.font(d)
	}
	return p.fonts[o]
}

// anyFont is for content that has no resources, or broken ones: a font that
// anything else in the file knows by the name.
func (p *pages) anyFont(n name) value {
	const most = 2000
	if p.named == nil {
		p.named = map[name]value{}
		seen := map[int]bool{}
		take := func(v value) {
			if k, ok := v.(ref); ok {
				if seen[k.number] {
					return
				}
				seen[k.number] = true
			}
			for k, f := range p.r.dict(v) {
				if d := p.r.dict(f); d != nil && len(p.named) < most {
					if have := p.r.dict(p.named[k]); have == nil || have["ToUnicode"] == nil && d["ToUnicode"] != nil {
						p.named[k] = f
					}
				}
			}
		}
		for _, o := range p.r.objects {
			d := o.dict()
			take(d["Font"])
			if k, ok := d["Resources"].(ref); ok {
				if seen[k.number] {
					continue
				}
				seen[k.number] = true
			}
			take(p.r.dict(d["Resources"])["Font"])
		}
	}
	return p.named[n]
}
