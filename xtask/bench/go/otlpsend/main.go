// Command otlpsend sends spans to an OTLP receiver, in batches: what a program's SDK would send.
//
//	otlpsend --port 4318 --spans 100000
//
// It waits for the receiver, sends each batch when the one before was taken, and ends with
// {"spans":N}. Its own cost is nobody's business: it says nothing of it.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// send hands one batch to the receiver, and returns when it was taken.
type send func(context.Context, ptraceotlp.ExportRequest) error

func main() {
	port := flag.Int("port", 4318, "where the receiver listens")
	protocol := flag.String("protocol", "http", "http (protobuf) or grpc")
	spans := flag.Int("spans", 100_000, "how many spans")
	batch := flag.Int("batch", 512, "how many of them in a batch: 512 is the SDKs' default")
	flag.Parse()
	log.SetFlags(0)
	if err := run(*port, *protocol, *spans, *batch); err != nil {
		log.Fatalf("otlpsend: %v", err)
	}
	fmt.Printf("{\"spans\":%d}\n", *spans)
}

func run(port int, protocol string, spans, batch int) error {
	if spans < 0 || batch < 1 {
		return fmt.Errorf("%d spans in batches of %d", spans, batch)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	var deliver send
	switch protocol {
	case "http":
		deliver = overHTTP("http://" + address + "/v1/traces")
	case "grpc":
		connection, err := grpc.NewClient(
			address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		defer connection.Close()
		deliver = overGRPC(connection)
	default:
		return fmt.Errorf("no protocol: %q", protocol)
	}
	for sent := 0; sent < spans; sent += batch {
		if err := deliver(ctx, request(sent, min(batch, spans-sent))); err != nil {
			return fmt.Errorf("after %d spans: %w", sent, err)
		}
	}
	return nil
}

func overHTTP(url string) send {
	return func(ctx context.Context, batch ptraceotlp.ExportRequest) error {
		body, err := batch.MarshalProto()
		if err != nil {
			return err
		}
		post, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		post.Header.Set("Content-Type", "application/x-protobuf")
		answer, err := http.DefaultClient.Do(post)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		said, err := io.ReadAll(answer.Body)
		if err != nil {
			return err
		}
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %q", answer.Status, said)
		}
		return nil
	}
}

func overGRPC(connection *grpc.ClientConn) send {
	client := ptraceotlp.NewGRPCClient(connection)
	return func(ctx context.Context, batch ptraceotlp.ExportRequest) error {
		_, err := client.Export(ctx, batch)
		return err
	}
}

// request holds spans as hero_span's rows have them: a name, a parent and two attributes.
func request(first, count int) ptraceotlp.ExportRequest {
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "bench")
	scope := resource.ScopeSpans().AppendEmpty()
	scope.Scope().SetName("bench")
	spans := scope.Spans()
	spans.EnsureCapacity(count)
	now := time.Now()
	for number := first; number < first+count; number++ {
		span := spans.AppendEmpty()
		span.SetTraceID(pcommon.TraceID{1})
		span.SetSpanID(spanID(number + 2)) // 1 is the parent, and 0 is none
		span.SetParentSpanID(spanID(1))
		span.SetName("fetch")
		span.SetKind(ptrace.SpanKindInternal)
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(now))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(now.Add(time.Microsecond)))
		span.Attributes().PutStr("key", "apple")
		span.Attributes().PutInt("rows", 1024)
	}
	return ptraceotlp.NewExportRequestFromTraces(traces)
}

func spanID(number int) pcommon.SpanID {
	var id pcommon.SpanID
	binary.BigEndian.PutUint64(id[:], uint64(number))
	return id
}
