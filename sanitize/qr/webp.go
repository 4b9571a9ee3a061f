package qr

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"

	"golang.org/x/image/webp"
)

// decodeWebP returns a WebP picture, or the first frames of an animated one,
// which x/image does not read: each frame is put into a file of its own.
func decodeWebP(b []byte, l Limits, work *budget) ([]image.Image, []Problem) {
	stills, more := framesOfWebP(b, l.Frames)
	if stills == nil {
		stills = [][]byte{b}
	}
	var frames []image.Image
	var problems []Problem
	left := l.Pixels
	for _, still := range stills {
		c, err := webp.DecodeConfig(bytes.NewReader(still))
		if err == nil && !fits(c.Width, c.Height, left) {
			err = errTooLarge
		}
		if err == nil && !work.spend(8*c.Width*c.Height) {
			return frames, append(problems, Problem{CodeLimit, "WebP: no work left for this picture"})
		}
		var img image.Image
		if err == nil {
			left -= c.Width * c.Height
			img, err = webp.Decode(bytes.NewReader(still))
		}
		if err != nil {
			problems = append(problems, problemOf("WebP", err))
			continue
		}
		frames = append(frames, img)
	}
	if more {
		problems = append(problems, Problem{CodeLimit, fmt.Sprintf("WebP: read only the first %d frames", l.Frames)})
	}
	return frames, problems
}

// framesOfWebP returns the frames of an animation as files, nil for a still
// picture (RFC 9649 §2.7.1.1: chunk ANMF has 16 bytes of place and timing, then
// the chunks of a still picture).
func framesOfWebP(b []byte, most int) (stills [][]byte, more bool) {
	for at := 12; at+8 <= len(b); {
		size := int(binary.LittleEndian.Uint32(b[at+4:]))
		if size < 0 || size > len(b)-at-8 {
			return stills, false
		}
		if data := b[at+8 : at+8+size]; string(b[at:at+4]) == "ANMF" && size > 16 {
			if len(stills) == most {
				return stills, true
			}
			stills = append(stills, stillWebP(data))
		}
		at += 8 + size + size&1
	}
	return stills, false
}

// stillWebP makes a file out of the data of an ANMF chunk. One with its
// transparency in a chunk of its own needs an extended header.
func stillWebP(frame []byte) []byte {
	chunks := frame[16:]
	var header []byte
	if bytes.HasPrefix(chunks, []byte("ALPH")) {
		header = []byte("VP8X\x0a\x00\x00\x00\x10\x00\x00\x00")
		header = append(header, frame[6:12]...) // width and height, less one, 24 bits each
	}
	file := make([]byte, 0, 12+len(header)+len(chunks))
	file = append(file, "RIFF"...)
	file = binary.LittleEndian.AppendUint32(file, uint32(4+len(header)+len(chunks)))
	file = append(file, "WEBP"...)
	file = append(file, header...)
	return append(file, chunks...)
}
