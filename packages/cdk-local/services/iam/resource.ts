import { z } from "zod";
import { ignored, resource, tags } from "../../template/resource.ts";
import { awsManagedPolicies } from "./managed-policies.ts";

const texts = z.array(z.string());
const document = z.record(z.string(), z.unknown());

/** Who acts by a role here. A role of any other service is nobody's on this machine, and what it may do goes unread. */
const servicePrincipals = new Set([
	"lambda.amazonaws.com",
	"scheduler.amazonaws.com",
]);

const actsHere = (assumedBy: Iterable<string>) =>
	[...assumedBy].some((service) => servicePrincipals.has(service));

const trust = z.object({
	Statement: z.array(
		z.strictObject({
			Sid: z.string().optional(),
			Effect: z.literal("Allow"),
			Action: z.literal("sts:AssumeRole"),
			Principal: z.strictObject({
				Service: z.union([texts, z.string().transform((one) => [one])]),
			}),
		}),
	),
});

export const policy = resource(
	{
		PolicyName: z.string(),
		PolicyDocument: document,
		Roles: texts,
	},
	(properties, { services: { access }, stack, logicalId }) => {
		for (const name of properties.Roles) {
			if (!actsHere(access.role(name).assumedBy)) continue;
			access.attach(name, `${stack}/${logicalId}`, properties.PolicyDocument);
		}
		return { ref: properties.PolicyName };
	},
);

export const role = resource(
	{
		RoleName: z.string().optional(),
		AssumeRolePolicyDocument: document,
		Policies: z
			.array(
				z.strictObject({ PolicyName: z.string(), PolicyDocument: document }),
			)
			.default([]),
		ManagedPolicyArns: texts.default([]),
		Description: ignored("for people"),
		MaxSessionDuration: ignored("keys here do not expire"),
		Tags: tags,
	},
	(properties, { services, stack, logicalId, physicalName }) => {
		const { access } = services;
		const assumedBy = trust
			.parse(properties.AssumeRolePolicyDocument)
			.Statement.flatMap(({ Principal }) => Principal.Service);
		const name = properties.RoleName ?? physicalName(64);
		const made = access.addRole(name, assumedBy);
		if (actsHere(assumedBy)) {
			for (const { PolicyName, PolicyDocument } of properties.Policies) {
				access.attach(
					name,
					`${stack}/${logicalId}/${PolicyName}`,
					PolicyDocument,
				);
			}
			for (const arn of properties.ManagedPolicyArns) {
				if (!Object.hasOwn(awsManagedPolicies, arn)) {
					throw new Error(
						`the local cloud does not know what ${arn} allows: write the actions into the template, or add it to packages/cdk-local/services/iam/managed-policies.ts`,
					);
				}
				access.attach(name, arn, awsManagedPolicies[arn]);
			}
		}
		return {
			ref: name,
			attributes: { Arn: made.arn, RoleId: `AROA${logicalId.toUpperCase()}` },
		};
	},
);
