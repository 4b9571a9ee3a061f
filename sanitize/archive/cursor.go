package archive

import "encoding/binary"

// cursor reads little-endian fields one after the other. Past the end every
// field is zero and bad is set, so a parser checks once and not at every field.
type cursor struct {
	b   []byte
	bad bool
}

// bytes returns the next n bytes, or nil.
func (c *cursor) bytes(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.bad, c.b = true, nil
		return nil
	}
	p := c.b[:n:n]
	c.b = c.b[n:]
	return p
}

func (c *cursor) u8() byte {
	if p := c.bytes(1); p != nil {
		return p[0]
	}
	return 0
}

func (c *cursor) u16() uint16 {
	if p := c.bytes(2); p != nil {
		return binary.LittleEndian.Uint16(p)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if p := c.bytes(4); p != nil {
		return binary.LittleEndian.Uint32(p)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if p := c.bytes(8); p != nil {
		return binary.LittleEndian.Uint64(p)
	}
	return 0
}

// cstring returns what stands before the next NUL, which is passed over.
func (c *cursor) cstring() []byte {
	for i, x := range c.b {
		if x == 0 {
			s := c.bytes(i)
			c.bytes(1)
			return s
		}
	}
	c.bad, c.b = true, nil
	return nil
}
