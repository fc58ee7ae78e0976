# Collections. `make` prints what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
ENV ?= dev
INSTALLED := node_modules/.installed

help: ## print the targets
	@awk 'BEGIN {FS = ":.*## "; print "make TARGET [ENV=dev|test|prod|local]"} /^##: / {print "\n" substr($$0, 5)} /^[a-z][a-z-]*:.*## / {printf "  %-15s %s\n", $$1, $$2}' Makefile

##: on this machine
dev: $(INSTALLED) ## run everything here, in the foreground: API, docs, login, a search to paste
	@node scripts/dev.ts

up: $(INSTALLED) ## the same in the background; returns when the API answers
	@node scripts/up.ts

down: $(INSTALLED) ## end what make up started; nothing is lost
	@node scripts/down.ts

dev-reset: down ## forget all local items, users and logs
	@rm -rf .local .aws-outputs-local.json
	@echo "Forgotten. make dev starts afresh."

token: $(INSTALLED) ## print an ID token: make -s token ENV=local EMAIL=demo@example.com
	@ENV=$(ENV) node scripts/token.ts

chat: $(INSTALLED) ## talk with a collection in the terminal: make chat ENV=local EMAIL=demo@example.com [SESSION=name]
	@ENV=$(ENV) node scripts/chat.ts

install: ## install packages, and the native one for every architecture we deploy to
	@rm -f $(INSTALLED)
	@$(MAKE) --no-print-directory $(INSTALLED)

$(INSTALLED): package.json package-lock.json .npmrc
	@scripts/install.sh
	@touch $@

##: quality
test: $(INSTALLED) ## all tests
	@vitest run

test-checkpoints: $(INSTALLED) ## LangGraph's own suite for checkpoint savers, and the saver's own tests
	@vitest run --project parts --project langgraph-suite test/checkpoints

check: $(INSTALLED) ## types, lint, format, import directions
	@tsc --noEmit
	@biome check
	@vitest run --project parts test/architecture.test.ts

format: $(INSTALLED) ## format and sort imports
	@biome check --write

eval: $(INSTALLED) ## how well search finds: DATASET=folder [BASELINE=reports/eval-x.json] [VISION=offline]
	@node scripts/eval.ts "$(DATASET)" $(if $(BASELINE),--baseline "$(BASELINE)") $(if $(VISION),--vision "$(VISION)")

bench-start: $(INSTALLED) ## seconds from make dev to a search that finds its sample
	@node test/bench/start.ts

bench-pipeline: $(INSTALLED) ## upload to ready, against the bare work in one process
	@node test/bench/pipeline.ts

bench-cold: $(INSTALLED) ## CPU of the api's cold start, against a bare Node
	@node test/bench/cold.ts

bench-images: $(INSTALLED) ## time and memory of deriving from a photo, against decoding it whole
	@node test/bench/images.ts

bench-search: $(INSTALLED) test/bench/search/peers/node_modules/.installed ## search against others: [ROWS=100000] [PEERS=langchain,chroma,hnsw] [DATABASE_URL=postgres://...]
	@node test/bench/search/main.ts

test/bench/search/peers/node_modules/.installed: test/bench/search/peers/package-lock.json
	@cd $(dir $<) && npm ci
	@touch $@

bench-chat: $(INSTALLED) ## requests and bytes of a chat's turn as it grows; CPU of a process's first turn
	@node test/bench/chat.ts

##: on AWS
synth: $(INSTALLED) ## build bundles, write cdk.out/Collections*-$ENV.template.json
	@ENV=$(ENV) node scripts/synth.ts

cost: $(INSTALLED) ## a month's cost, by templates and use: make cost ENV=prod USERS=100 UPLOADS=5000
	@ENV=$(ENV) USERS=$(or $(USERS),0) UPLOADS=$(or $(UPLOADS),0) VISION=$(VISION) EMBEDDING=$(EMBEDDING) README=$(README) node scripts/cost.ts

.PHONY: help dev up down dev-reset token chat install test test-checkpoints check format eval bench-start bench-pipeline bench-cold bench-images bench-chat bench-search synth cost
