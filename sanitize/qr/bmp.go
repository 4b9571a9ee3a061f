package qr

import (
	"encoding/binary"
	"errors"
	"image"
	"image/color"
)

var (
	errBMPHeader      = errors.New("header is not one of a bitmap")
	errBMPShort       = errors.New("pixels are cut short")
	errBMPCompression = errors.New("compressed bitmap")
)

// decodeBMP reads an uncompressed Windows bitmap of 1, 4, 8, 16, 24 or 32 bits a
// pixel ([MS-WMF] 2.2.2.9 and what came before it). Every length is checked
// against the bytes there are before anything is made.
func decodeBMP(b []byte, pixels int) (image.Image, error) {
	if len(b) < 26 {
		return nil, errBMPHeader
	}
	le := binary.LittleEndian
	offset, size := int(le.Uint32(b[10:])), int(le.Uint32(b[14:]))
	var w, h, depth, entry int
	colours, compression := 0, uint32(0)
	switch {
	case size == 12: // BITMAPCOREHEADER
		w, h, depth, entry = int(le.Uint16(b[18:])), int(int16(le.Uint16(b[20:]))), int(le.Uint16(b[24:])), 3
	case size >= 40 && len(b) >= 14+40:
		w, h, depth, entry = int(int32(le.Uint32(b[18:]))), int(int32(le.Uint32(b[22:]))), int(le.Uint16(b[28:])), 4
		compression, colours = le.Uint32(b[30:]), int(le.Uint32(b[46:]))
	default:
		return nil, errBMPHeader
	}
	upward := h > 0
	if !upward {
		h = -h
	}
	if w <= 0 || h <= 0 {
		return nil, errBMPHeader
	}
	if !fits(w, h, pixels) {
		return nil, errTooLarge
	}
	stride := (w*depth + 31) / 32 * 4
	if offset < 14 || offset > len(b) {
		return nil, errBMPShort
	}
	data := b[offset:]
	switch depth {
	case 1, 4, 8, 16, 24, 32:
	default:
		return nil, errBMPHeader
	}
	masks := [3]uint32{0xff0000, 0xff00, 0xff}
	if depth == 16 {
		masks = [3]uint32{0x7c00, 0x3e0, 0x1f}
	}
	switch {
	case compression == 0:
	case (compression == 3 || compression == 6) && (depth == 16 || depth == 32) && len(b) >= 66: // BI_BITFIELDS, BI_ALPHABITFIELDS
		masks = [3]uint32{le.Uint32(b[54:]), le.Uint32(b[58:]), le.Uint32(b[62:])}
	default:
		return nil, errBMPCompression
	}
	if len(data) < stride*h {
		return nil, errBMPShort
	}
	var palette []color.NRGBA
	if depth <= 8 {
		if colours <= 0 || colours > 1<<depth {
			colours = 1 << depth
		}
		start := 14 + size
		if start < 0 || start > len(b) {
			return nil, errBMPHeader
		}
		palette = make([]color.NRGBA, 1<<depth) // what the table lacks is transparent black
		for i := range min(colours, (len(b)-start)/entry) {
			p := b[start+i*entry:]
			palette[i] = color.NRGBA{p[2], p[1], p[0], 255}
		}
	}
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		row := data[y*stride:]
		if upward {
			row = data[(h-1-y)*stride:]
		}
		out := img.Pix[y*img.Stride:]
		for x := range w {
			c := color.NRGBA{A: 255}
			switch depth {
			case 24:
				c.R, c.G, c.B = row[3*x+2], row[3*x+1], row[3*x]
			case 32:
				c.R, c.G, c.B = masked(le.Uint32(row[4*x:]), &masks)
			case 16:
				c.R, c.G, c.B = masked(uint32(le.Uint16(row[2*x:])), &masks)
			default:
				bit := x * depth
				c = palette[int(row[bit/8])>>(8-depth-bit%8)&(1<<depth-1)]
			}
			out[4*x], out[4*x+1], out[4*x+2], out[4*x+3] = c.R, c.G, c.B, c.A
		}
	}
	return img, nil
}

// masked takes the three colours out of v.
func masked(v uint32, masks *[3]uint32) (r, g, b uint8) {
	scale := func(mask uint32) uint8 {
		if mask == 0 {
			return 0
		}
		low := mask & -mask
		return uint8(uint64(v&mask) / uint64(low) * 255 / (uint64(mask) / uint64(low)))
	}
	return scale(masks[0]), scale(masks[1]), scale(masks[2])
}
