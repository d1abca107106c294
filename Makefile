# Every target has a line in `make help`. Nothing here needs more than Go and a POSIX shell.
GO      ?= go
BIN     := bin/weir
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILD   := CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.release=$(VERSION)'
PREFIX  ?= $(HOME)/.local
STATICCHECK := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2

.DEFAULT_GOAL := help
.PHONY: help demo test quick build install check deps fuzz bench bench-peers bench-gate

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

demo: build ## build, make sure of NGINX, and reproduce the overflow in a private lab (2 to 4 minutes)
	@scenarios/nginx/ensure.sh
	@$(BIN) reproduce backlog-overflow

build: ## one static binary: bin/weir
	@mkdir -p bin
	$(BUILD) -o $(BIN) ./cmd/weir

install: build ## copy it to $(PREFIX)/bin
	install -D -m 0755 $(BIN) $(PREFIX)/bin/weir

deps: ## install what the tests run against: NGINX, Gunicorn, Unicorn, Puma, uWSGI, PHP-FPM, Chromium, iproute2 (apt; root or sudo), and promtool into bin/
	@.ci/deps

test: deps check ## everything: formatting, vet, staticcheck, foreign builds, all tests with the race detector
	.ci/test

quick: ## what needs neither root nor packages nor the lab: go vet and the short tests (under a minute)
	$(GO) vet ./...
	$(GO) test -short -parallel 4 ./...

check: ## gofmt, go vet, staticcheck, and that it builds for macOS and Windows, tests included
	@unformatted=$$(gofmt -l cmd loadgen probe scenarios report); \
	  if [ -n "$$unformatted" ]; then echo "gofmt would change: $$unformatted"; exit 1; fi
	$(GO) mod verify
	$(GO) vet ./...
	$(STATICCHECK) ./...
	$(GO) test -count=1 -run BuildsElsewhere ./cmd/weir

fuzz: ## every parser of what comes from a network or a log, against made-up inputs (10 minutes; FUZZTIME=1m: each longer. `make test` runs the seeds)
	@GO=$(GO) .ci/fuzz

bench: ## benchmarks of plan, engine, probe and record
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-peers: ## side by side with wrk, ab, hey, h2load, vegeta and k6 (6 minutes; FLAGS=-long: memory over 15 more)
	@mkdir -p bin
	$(BUILD) -o bin/bench-peers ./cmd/peers
	@GO=$(GO) bin/bench-peers $(FLAGS)

bench-gate: build ## how often the gate is wrong: 40 A/A runs, 40 with a worker of ten gone (52 minutes)
	$(BUILD) -o bin/gatebench ./cmd/gatebench
	@bin/gatebench --weir $(BIN) $(FLAGS)
