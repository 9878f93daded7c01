// Command webclient asks a server of its own; every request is a span, and what slog says in
// between lies within it.
//
//	go run ./examples/webclient
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	herotracing "hero-tracing-go"
)

// traced makes a span of each request that goes through it.
type traced struct{ http.RoundTripper }

func (t traced) RoundTrip(request *http.Request) (response *http.Response, err error) {
	_, err = herotracing.Call(request.Context(), "HTTP", request.Method,
		func(ctx context.Context) (status int, err error) {
			if response, err = t.RoundTripper.RoundTrip(request.WithContext(ctx)); err != nil {
				return 0, err
			}
			return response.StatusCode, nil
		}, request.URL)
	return response, err
}

func fetch(ctx context.Context, client *http.Client, url string) (text string, err error) {
	ctx, step := herotracing.Step(ctx, "fetch")
	defer step.EndErr(&err)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return "", err
	}
	slog.InfoContext(ctx, "fetched", "bytes", len(body))
	if response.StatusCode != http.StatusOK {
		return "", herotracing.Failed("the server says " + response.Status)
	}
	return string(body), nil
}

func main() {
	slog.SetDefault(slog.New(herotracing.LogHandler(nil)))
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		if request.URL.Path != "/stock" {
			http.NotFound(answer, request)
			return
		}
		fmt.Fprint(answer, "7 bolts")
	}))
	defer server.Close()
	client := &http.Client{Transport: traced{http.DefaultTransport}}
	for _, path := range []string{"/stock", "/prices"} {
		text, err := fetch(context.Background(), client, server.URL+path)
		fmt.Fprintln(os.Stdout, path, text, err)
	}
}
