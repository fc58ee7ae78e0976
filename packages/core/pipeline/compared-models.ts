/** How the two models stand in a request, which has a place for one. No model's name has a comma. */
export const comparedModels = {
	write: (models: readonly [string, string]): string => models.join(","),
	read: (text: string): string[] => text.split(","),
};
