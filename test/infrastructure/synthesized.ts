// biome-ignore-all lint/suspicious/noExplicitAny: templates are JSON of many shapes; a claim reads the few fields it is about
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { afterAll } from "vitest";
import { type EnvContract, stageContract } from "#lambda-kit/env.ts";
import { apiEnv } from "#lambdas/api/env.ts";
import { cleanupEnv } from "#lambdas/cleanup/env.ts";
import { allocator } from "#lambdas/image-processor/allocator.ts";
import { migrateEnv } from "#lambdas/migrate/env.ts";
import { type LambdaName, lambdas } from "#lib/bundling/build.ts";
import {
	type Environment,
	type EnvironmentName,
	readEnvironment,
} from "#lib/environments.ts";
import { openFindings } from "#scripts/deploy/findings.ts";
import { collections } from "../../bin/collections.ts";
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

/** The parts of an environment, in the order in which they may refer to each other. */
export const parts = ["DB", "Storage", "Compute", "API", "Monitoring"] as const;
export type Part = (typeof parts)[number];

const folder = mkdtempSync(join(tmpdir(), "collections-synth-"));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * The five templates of an environment, with empty bundles in place of the real ones, which have tests of
 * their own. cdk-nag and the CDK's own checks run as in any synth. @throws on what they find, warnings included
 */
export function synthesize(
	name: string,
	change: (environments: Record<string, any>) => void = () => {},
): Record<Part, Template> {
	const assembly = assemble(name, change);
	return Object.fromEntries(
		parts.map((part) => [
			part,
			assembly.getStackByName(`Collections${part}-${name}`).template,
		]),
	) as Record<Part, Template>;
}

/** The whole assembly, which says of stacks what no template does. */
export function assemble(
	name: string,
	change: (environments: Record<string, any>) => void = () => {},
) {
	const environments = structuredClone(cdk.context.environments);
	change(environments);
	const app = new App({
		analyticsReporting: false,
		outdir: mkdtempSync(join(folder, "out-")),
	});
	collections(app, readEnvironment(environments, name), emptyBundles());
	const assembly = app.synth();
	const findings = openFindings(assembly.directory);
	if (findings.length > 0) throw new Error(findings.join("\n"));
	return assembly;
}

function emptyBundles(): Record<LambdaName, string> {
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
	/** What a value points at. */
	at(value: unknown): string;
	functions: Record<string, Resource>;
}

/** The variables of each function, as its code reads them. */
export const contracts: Record<string, EnvContract> = {
	ApiFunction: apiEnv,
	ImageProcessorWorkerFunction: [
		...stageContract("process"),
		...Object.keys(allocator),
	],
	AnalyzerWorkerFunction: stageContract("analyze"),
	EmbedderWorkerFunction: stageContract("embed"),
	CleanupFunction: cleanupEnv,
	MigrateFunction: migrateEnv,
};

/** Resources of a type, by their readable names. */
export function ofType(
	template: Template,
	type: string,
): Record<string, Resource> {
	return Object.fromEntries(
		Object.entries(template.Resources)
			.filter(([, resource]) => resource.Type === type)
			.map(([id, resource]) => [readable(id), resource]),
	);
}

/** The properties of the one resource of a type. */
export function only(template: Template, type: string): any {
	const [found, ...others] = Object.values(ofType(template, type));
	if (!found || others.length > 0) {
		throw new Error(`There is not exactly one ${type}.`);
	}
	return found.Properties;
}

/**
 * What a value of a template points at, for people: a logical id without its hash, with the attribute where
 * it is not the ARN; joined parts in one string. Imports are followed to what is exported.
 */
export function pointsAt(
	templates: Record<Part, Template>,
	value: any,
): string {
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
		return values
			.map((part: unknown) => pointsAt(templates, part))
			.join(separator);
	}
	return JSON.stringify(value);
}

function readable(logicalId: string): string {
	return logicalId.replace(/[0-9A-F]{8}$/, "");
}
