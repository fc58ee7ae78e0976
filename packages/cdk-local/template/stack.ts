import { createHash } from "node:crypto";
import { resourceTypes } from "../services/index.ts";
import type { Services } from "../services.ts";
import type { AssemblyStack, Json, JsonObject } from "./assembly.ts";
import { ignoredTypes } from "./ignored.ts";
import { holds, resolve, type Scope } from "./intrinsics.ts";
import type { Created } from "./resource.ts";

/** Runs one stack: makes its resources in the order of their references and computes its outputs. */
export class Stack {
	readonly #stack: AssemblyStack;
	readonly #services: Services;
	/** Of the stacks that came before, by export name; this one adds its own. */
	readonly #exports: Map<string, Json>;
	readonly #created = new Map<string, Created>();
	readonly #underway: string[] = [];

	constructor(
		stack: AssemblyStack,
		services: Services,
		exports: Map<string, Json>,
	) {
		this.#stack = stack;
		this.#services = services;
		this.#exports = exports;
		if (stack.template.Transform !== undefined) {
			throw new Error(
				`${stack.name} uses a Transform, which only CloudFormation can run.`,
			);
		}
	}

	/** Makes every resource. @returns the outputs by their logical id */
	async create(): Promise<Record<string, Json>> {
		const { Resources, Outputs = {} } = this.#stack.template;
		for (const logicalId of Object.keys(Resources)) {
			if (await this.#exists(logicalId)) await this.#resource(logicalId);
		}
		const outputs: Record<string, Json> = {};
		for (const [name, output] of Object.entries(Outputs)) {
			await this.#located(`output ${name}`, async () => {
				if (output.Condition && !(await this.#condition(output.Condition))) {
					return;
				}
				const value = await resolve(output.Value, this.#scope);
				// What the CDK exports for the stacks that follow is nobody else's.
				if (!name.startsWith("ExportsOutput")) outputs[name] = value;
				if (output.Export) {
					const exported = await resolve(output.Export.Name, this.#scope);
					this.#exports.set(String(exported), value);
				}
			});
		}
		return outputs;
	}

	/** What was made, as CloudFormation lists it. */
	get resources(): { logicalId: string; type: string; physicalId: string }[] {
		return [...this.#created].map(([logicalId, { ref }]) => ({
			logicalId,
			type: this.#stack.template.Resources[logicalId]?.Type ?? "",
			physicalId: ref,
		}));
	}

	async #exists(logicalId: string): Promise<boolean> {
		const condition = this.#stack.template.Resources[logicalId]?.Condition;
		return condition === undefined || this.#condition(condition);
	}

	async #resource(logicalId: string): Promise<Created> {
		const known = this.#created.get(logicalId);
		if (known) return known;
		const resource = this.#stack.template.Resources[logicalId];
		if (!resource) {
			throw new Error(`there is no resource ${logicalId} in this stack`);
		}
		if (this.#underway.includes(logicalId)) {
			throw new Error(
				`${[...this.#underway, logicalId].join(" needs ")}: a circle`,
			);
		}
		this.#underway.push(logicalId);
		try {
			const created = await this.#located(
				`${logicalId} (${resource.Type})`,
				() => this.#make(logicalId, resource.Type, resource.Properties ?? {}),
			);
			this.#created.set(logicalId, created);
			return created;
		} finally {
			this.#underway.pop();
		}
	}

	async #make(
		logicalId: string,
		type: string,
		properties: JsonObject,
	): Promise<Created> {
		const stack = this.#stack.name;
		if (Object.hasOwn(ignoredTypes, type)) {
			return {
				ref: `${stack}-${logicalId}`,
				// Whatever is read from it goes to another ignored thing: role ARNs, subnet ids.
				attribute: (name) =>
					`arn:aws:local:::${stack}/${logicalId}/${name.toLowerCase()}`,
			};
		}
		const create = Object.hasOwn(resourceTypes, type)
			? resourceTypes[type]
			: undefined;
		if (!create) {
			throw new Error(
				`the local cloud does not know the type ${type}: give it a file in packages/cdk-local/services, or a reason in packages/cdk-local/template/ignored.ts`,
			);
		}
		return create((await resolve(properties, this.#scope)) as JsonObject, {
			services: this.#services,
			stack,
			logicalId,
			physicalName: (longest) => physicalName(stack, logicalId, longest),
		});
	}

	async #condition(name: string): Promise<boolean> {
		const condition = this.#stack.template.Conditions?.[name];
		if (condition === undefined) {
			throw new Error(`there is no condition ${name} in this stack`);
		}
		return holds(condition, this.#scope);
	}

	/** Every error names the stack and what of it was wrong, once. */
	async #located<T>(what: string, run: () => Promise<T>): Promise<T> {
		try {
			return await run();
		} catch (error) {
			if (error instanceof TemplateError) throw error;
			throw new TemplateError(
				`${this.#stack.name}, ${what}: ${error instanceof Error ? error.message : error}`,
				{ cause: error },
			);
		}
	}

	readonly #scope: Scope = {
		ref: async (name) => {
			if (name.startsWith("AWS::")) return this.#pseudo(name);
			const parameter = this.#stack.template.Parameters?.[name];
			if (!parameter) return (await this.#resource(name)).ref;
			if (parameter.Default === undefined) {
				throw new Error(
					`parameter ${name} has no default, and nobody is asked here`,
				);
			}
			return parameter.Default;
		},
		getAtt: async (logicalId, attribute) => {
			const created = await this.#resource(logicalId);
			const value =
				created.attributes?.[attribute] ?? created.attribute?.(attribute);
			if (value === undefined) {
				throw new Error(
					`${logicalId} has no attribute ${attribute} in the local cloud`,
				);
			}
			return value;
		},
		condition: (name) => this.#condition(name),
		mapping: (map, first, second) => {
			const value = this.#stack.template.Mappings?.[map]?.[first]?.[second];
			if (value === undefined) {
				throw new Error(`mapping ${map} has no ${first}.${second}`);
			}
			return value;
		},
		importValue: (name) => {
			const value = this.#exports.get(name);
			if (value === undefined) {
				throw new Error(`no stack before this one exports ${name}`);
			}
			return value;
		},
		availabilityZones: (region) =>
			["a", "b", "c"].map((zone) => (region || this.#region) + zone),
	};

	get #region() {
		return this.#services.state.region;
	}

	#pseudo(name: string): Json {
		const { account } = this.#services.state;
		switch (name) {
			case "AWS::AccountId":
				return account;
			case "AWS::Region":
				return this.#region;
			case "AWS::Partition":
				return "aws";
			case "AWS::URLSuffix":
				return "amazonaws.com";
			case "AWS::StackName":
				return this.#stack.name;
			case "AWS::StackId":
				return `arn:aws:cloudformation:${this.#region}:${account}:stack/${this.#stack.name}/local`;
			case "AWS::NotificationARNs":
				return [];
			default:
				throw new Error(`the local cloud does not know ${name}`);
		}
	}
}

/** A template asks for something that the local cloud cannot give. */
export class TemplateError extends Error {
	override name = "TemplateError";
}

/** The same name at every start, since what is durable is found by it. */
function physicalName(
	stack: string,
	logicalId: string,
	longest: number,
): string {
	const name = `${stack}-${logicalId}`;
	if (name.length <= longest) return name;
	const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
	return `${name.slice(0, longest - 9)}-${digest}`;
}
