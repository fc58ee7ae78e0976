import type { Stack } from "aws-cdk-lib";
import { CfnRule } from "aws-cdk-lib/aws-events";

/** Returns the rules of a stack that run by a schedule. */
export const scheduledRules = (stack: Stack): CfnRule[] => stack.node.findAll().filter(runsByClock);

const runsByClock = (construct: unknown): construct is CfnRule =>
	construct instanceof CfnRule && construct.scheduleExpression !== undefined;

/**
 * Exports a stack's scheduled rules, whether or not the environment has hours, which use them. Stacks deploy before those
 * that use them, so an export that goes with its last use would be refused: it is still in use then.
 */
export function exportScheduledRules(stack: Stack): void {
	for (const rule of scheduledRules(stack)) {
		stack.exportValue(rule.ref);
		stack.exportValue(rule.attrArn);
	}
}
