// biome-ignore-all lint/suspicious/noExplicitAny: templates are JSON of many shapes; a claim reads the few fields it is about
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CloudAssembly } from "aws-cdk-lib/cx-api";
import { type EnvContract, stageContract } from "#lambda-kit/env.ts";
import { apiEnv } from "#lambdas/api/env.ts";
import { cleanupEnv } from "#lambdas/cleanup/env.ts";
import { allocator } from "#lambdas/image-processor/allocator.ts";
import { jobsEnv } from "#lambdas/jobs/env.ts";
import { migrateEnv } from "#lambdas/migrate/env.ts";
import { streamEnv } from "#lambdas/stream/env.ts";
import { webhooksEnv } from "#lambdas/webhooks/env.ts";
import { type LambdaName, lambdas } from "#lib/bundling/build.ts";
import type { Environment, EnvironmentName } from "#lib/environments.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import { openFindings } from "#scripts/deploy/findings.ts";
import { collections, newApp } from "../../bin/collections.ts";
import cdk from "../../cdk.json" with { type: "json" };

export interface Resource {
	Type: string;
	Properties: any;
	DependsOn?: string[];
	DeletionPolicy?: string;
}

export interface Template {
	Resources: Record<string, Resource>;
	Outputs?: Record<string, { Value: unknown; Export?: { Name: string } }>;
}

/** The stacks of an environment; each may refer to those before it. Without a web app, Web is an empty template. */
export const parts = ["Web", "DB", "Storage", "Compute", "API", "Monitoring"] as const;
export type Part = (typeof parts)[number];

/** The commit that the templates name. */
export const commit = "0123456789ab";

/** Returns the templates of an environment as shipped, synthesized once a worker. */
export const templatesOf = (name: string): Record<Part, Template> => templatesIn(assemblyOf(name), name);

/** Returns the whole assembly of an environment as shipped. */
export function assemblyOf(name: string): CloudAssembly {
	const assembly = assemblies.get(name) ?? assemble(name);
	assemblies.set(name, assembly);
	return assembly;
}
const assemblies = new Map<string, CloudAssembly>();

/** Synthesizes an environment anew, with `change` applied to the table in cdk.json, and returns its templates. */
export const synthesize = (
	name: string,
	change?: (environments: Record<string, any>) => void,
): Record<Part, Template> => templatesIn(assemble(name, change), name);

const templatesIn = (assembly: CloudAssembly, name: string) =>
	Object.fromEntries(
		parts.map((part) => {
			const stackName = `Collections${part}-${name}`;
			const isThere = part !== "Web" || assembly.stacks.some((stack) => stack.stackName === stackName);
			return [part, isThere ? assembly.getStackByName(stackName).template : { Resources: {} }];
		}),
	) as Record<Part, Template>;

/**
 * Synthesizes with empty bundles in place of the real ones, which have tests of their own. cdk-nag and the CDK's
 * checks run as in any synth. @throws on their findings, warnings included
 */
function assemble(name: string, change: (environments: Record<string, any>) => void = () => {}): CloudAssembly {
	const environments = structuredClone(cdk.context.environments);
	change(environments);
	const folder = mkdtempSync(join(tmpdir(), "collections-synth-"));
	try {
		const app = newApp({ outdir: join(folder, "cdk.out") });
		collections(app, readEnvironment(environments, name), emptyBundles(join(folder, "bundles")), commit);
		const assembly = app.synth();
		const findings = openFindings(assembly.directory);
		if (findings.length > 0) throw new Error(findings.join("\n"));
		// The CDK reads a template lazily, which would be too late once the folder is removed.
		for (const stack of assembly.stacks) void stack.template;
		return assembly;
	} finally {
		rmSync(folder, { recursive: true });
	}
}

function emptyBundles(folder: string): Record<LambdaName, string> {
	return Object.fromEntries(
		lambdas.map((name) => {
			const bundle = join(folder, name);
			mkdirSync(bundle, { recursive: true });
			writeFileSync(join(bundle, "handler.mjs"), `// ${name}\n`);
			return [name, bundle];
		}),
	) as Record<LambdaName, string>;
}

/** An environment's templates, and what a claim about them reads. */
export interface Claimed {
	name: EnvironmentName;
	environment: Environment;
	templates: Record<Part, Template>;
	/** Names the resource that a value refers to. */
	at(value: unknown): string;
	functions: Record<string, Resource>;
}

/** The contract of each function's variables, from its code. */
export const contracts: Record<string, EnvContract> = {
	ApiFunction: apiEnv,
	StreamFunction: streamEnv,
	ImageProcessorWorkerFunction: [...stageContract("process"), ...Object.keys(allocator)],
	AnalyzerWorkerFunction: stageContract("analyze"),
	EmbedderWorkerFunction: stageContract("embed"),
	JobsWorkerFunction: jobsEnv,
	WebhooksWorkerFunction: webhooksEnv,
	CleanupFunction: cleanupEnv,
	MigrateFunction: migrateEnv,
};

/** Returns the resources of a type, by their readable names. */
export function ofType(template: Template, type: string): Record<string, Resource> {
	return Object.fromEntries(
		Object.entries(template.Resources)
			.filter(([, resource]) => resource.Type === type)
			.map(([id, resource]) => [readable(id), resource]),
	);
}

/** Returns the properties of the only resource of a type. */
export function only(template: Template, type: string): any {
	const [found, ...others] = Object.values(ofType(template, type));
	if (!found || others.length > 0) {
		throw new Error(`There is not exactly one ${type}.`);
	}
	return found.Properties;
}

/**
 * Makes a template's value readable: a reference becomes the logical id without its hash, with the attribute unless that
 * is the ARN; joined parts become one string. Imports are resolved to the exported value.
 */
export function pointsAt(templates: Record<Part, Template>, value: any): string {
	if (typeof value !== "object" || value === null) return String(value);
	if (value.Ref) return readable(value.Ref);
	if (value["Fn::GetAtt"]) {
		const [id, attribute] = value["Fn::GetAtt"];
		return readable(id) + (attribute === "Arn" ? "" : `.${attribute}`);
	}
	if (value["Fn::ImportValue"]) {
		const exported = Object.values(templates)
			.flatMap(({ Outputs }) => Object.values(Outputs ?? {}))
			.find(({ Export }) => Export?.Name === value["Fn::ImportValue"]);
		return pointsAt(templates, exported?.Value);
	}
	if (value["Fn::Join"]) {
		const [separator, values] = value["Fn::Join"];
		return values.map((part: unknown) => pointsAt(templates, part)).join(separator);
	}
	return JSON.stringify(value);
}

function readable(logicalId: string): string {
	return logicalId.replace(/[0-9A-F]{8}$/, "");
}
