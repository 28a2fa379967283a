package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
)

// headMessage is the message of a line of the log that has a head.
const headMessage = "audit head"

func logHead(log *slog.Logger, head Head) {
	log.Info(headMessage, "file", head.File, "record", head.Record, "hash", head.Hash)
}

// ReadHeads returns the heads in a log of JSON lines. Other lines are ignored, and so is what
// stands before the JSON, such as a time or the name of a container.
func ReadHeads(log io.Reader) ([]Head, error) {
	var heads []Head
	for lines := bufio.NewReader(log); ; {
		text, err := lines.ReadBytes('\n')
		if bytes.Contains(text, []byte(headMessage)) {
			var line struct {
				Message string `json:"msg"`
				Head
			}
			text = text[max(0, bytes.IndexByte(text, '{')):]
			if json.Unmarshal(text, &line) == nil && line.Message == headMessage {
				heads = append(heads, line.Head)
			}
		}
		if err == io.EOF {
			return heads, nil
		}
		if err != nil {
			return heads, err
		}
	}
}
