package outlook

import "encoding/binary"

// cursor reads numbers and bytes one after the other. Once something is missing
// it gives nothing more, and short is true.
type cursor struct {
	b     []byte
	short bool
}

// take gives the next n bytes; nil when there are not that many.
func (c *cursor) take(n int64) []byte {
	if n > int64(len(c.b)) {
		c.short, c.b = true, nil
		return nil
	}
	got := c.b[:n:n]
	c.b = c.b[n:]
	return got
}

// padded gives the next n bytes and passes over what fills them up to a multiple
// of four, which may be missing at the end.
func (c *cursor) padded(n int64) []byte {
	got := c.take(n)
	c.b = c.b[min((4-n%4)%4, int64(len(c.b))):]
	return got
}

func (c *cursor) u16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// checkCut tells of a list that ended before it said.
func (f *tnefFile) checkCut(c *cursor) {
	if c.short {
		f.tell(ProblemMalformed, "a list of properties is cut off or broken")
	}
}

// list reads a list of properties into p ([MS-OXTNEF] §2.1.3.4: MsgPropertyList).
// After a type that is not known nothing can be read, as its size is not
// known either; c is then short.
func (f *tnefFile) list(c *cursor, p *properties) {
	read := 0
	for count := c.u32(); count > 0 && !c.short && len(c.b) > 0; count-- {
		if read++; read > f.limits.Properties {
			f.tell(ProblemLimit, "more properties than are read of one list")
			c.b = nil
			return
		}
		f.property(c, p)
	}
}

// property reads one property.
func (f *tnefFile) property(c *cursor, p *properties) {
	kind, id := c.u16(), c.u16()
	if id >= firstNamed {
		c.take(16) // the set that the name is of
		if c.u32() == 0 {
			c.u32() // a number for a name
		} else {
			c.padded(int64(c.u32()))
		}
	}
	single := kind &^ multiValue
	size := fixedSize(single)
	if size < 0 {
		c.short = true
		return
	}
	count := uint32(1)
	if size == 0 || kind&multiValue != 0 {
		count = c.u32()
	}
	for n := uint32(0); n < count && !c.short && len(c.b) > 0; n++ {
		length := int64(size)
		if size == 0 {
			length = int64(c.u32())
		}
		rest := c.b
		value := c.padded(length)
		if c.short && size == 0 {
			value = rest // cut off: what there is
		}
		if n == 0 {
			p.set(id, single, value)
		}
	}
}
