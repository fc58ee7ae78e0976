import { z } from "zod";
import { ignored, resource, tags } from "../../template/resource.ts";
import { awsManagedPolicies } from "./managed-policies.ts";

const texts = z.array(z.string());
const document = z.record(z.string(), z.unknown());

/** Services that assume roles here. Nothing assumes the role of another service, so its policies are not read. */
const servicePrincipals = new Set(["lambda.amazonaws.com", "scheduler.amazonaws.com"]);

const isAssumedHere = (assumedBy: Iterable<string>) => [...assumedBy].some((service) => servicePrincipals.has(service));

const trust = z.object({
	Statement: z.array(
		z.strictObject({
			Sid: z.string().optional(),
			Effect: z.literal("Allow"),
			Action: z.literal("sts:AssumeRole"),
			Principal: z.strictObject({
				Service: z.union([texts, z.string().transform((single) => [single])]),
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
	(properties, { stores: { access }, stack, logicalId }) => {
		for (const name of properties.Roles) {
			if (!isAssumedHere(access.role(name).assumedBy)) continue;
			access.attach(name, `${stack}/${logicalId}`, properties.PolicyDocument);
		}
		return { ref: properties.PolicyName };
	},
);

export const role = resource(
	{
		RoleName: z.string().optional(),
		AssumeRolePolicyDocument: document,
		Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: document })).default([]),
		ManagedPolicyArns: texts.default([]),
		Description: ignored("for people"),
		MaxSessionDuration: ignored("keys here do not expire"),
		Tags: tags,
	},
	(properties, { stores, stack, logicalId, physicalName }) => {
		const { access } = stores;
		const assumedBy = trust
			.parse(properties.AssumeRolePolicyDocument)
			.Statement.flatMap(({ Principal }) => Principal.Service);
		const name = properties.RoleName ?? physicalName(64);
		const { arn } = access.addRole(name, assumedBy);
		if (isAssumedHere(assumedBy)) {
			for (const { PolicyName, PolicyDocument } of properties.Policies) {
				access.attach(name, `${stack}/${logicalId}/${PolicyName}`, PolicyDocument);
			}
			for (const policyArn of properties.ManagedPolicyArns) {
				if (!Object.hasOwn(awsManagedPolicies, policyArn)) {
					throw new Error(
						`cdk-local does not know the policy ${policyArn}: write its actions into the template, or add it to services/iam/managed-policies.ts`,
					);
				}
				access.attach(name, policyArn, awsManagedPolicies[policyArn]);
			}
		}
		return {
			ref: name,
			attributes: { Arn: arn, RoleId: `AROA${logicalId.toUpperCase()}` },
		};
	},
);
