import { z } from "@hono/zod-openapi";
import { analysisNotFound, itemNotFound } from "#core/errors.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, idParams, json, noQuery } from "../http/routing.ts";
import { analysisSchema, presentAnalysis } from "../presenters/item.ts";
import { routes } from "./table.ts";

const tags = ["Analyses"];

const listOfItem = guarded(routes.listAnalyses, {
	tags,
	summary: "All versions of an item's analysis, newest first",
	request: { params: idParams, query: noQuery },
	responses: { 200: json("The analyses.", z.array(analysisSchema)) },
});

const get = guarded(routes.getAnalysis, {
	tags,
	summary: "One analysis",
	request: { params: idParams, query: noQuery },
	responses: { 200: json("The analysis.", analysisSchema) },
});

/** Serves the analyses of a person's items. */
export const register: RegisterRoutes = (app, { analyses }) => {
	app.openapi(listOfItem, async (c) => {
		const id = idOf(c.req.valid("param").id, itemNotFound);
		const versions = await analyses.listByItem(c.get("userId"), id);
		if (!versions) throw itemNotFound(id);
		return c.json(versions.map(presentAnalysis), 200);
	});

	app.openapi(get, async (c) => {
		const id = idOf(c.req.valid("param").id, analysisNotFound);
		const analysis = await analyses.find(c.get("userId"), id);
		if (!analysis) throw analysisNotFound(id);
		return c.json(presentAnalysis(analysis), 200);
	});
};
