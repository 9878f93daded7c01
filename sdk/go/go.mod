module hero-tracing-go

go 1.22
