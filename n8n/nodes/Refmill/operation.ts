import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

/*
 * An operation is a row of a table: its texts, its route, its fields. What all have
 * in common, from reading the fields to naming what went wrong, stands in execute.ts.
 */

/** A parameter of the node, and what of it goes to the server. */
export interface Field {
	property: INodeProperties;
	/** What is sent; else the value, under the name of the parameter. */
	send?: (value: unknown) => IDataObject;
	/** The call wants an ID; a code or an e-mail address is looked up. */
	lookUp?: 'campaigns' | 'users';
}

/** How a list goes on, and how many rows it gives at a time. */
export interface Paging {
	size: string;
	most: number;
	next: (answer: IDataObject) => IDataObject | undefined;
}

/** One item being worked on. */
export interface Task {
	context: IExecuteFunctions;
	itemIndex: number;
	/** IDs that were looked up in this execution. */
	found: Map<string, unknown>;
}

export interface Operation {
	name: string;
	value: string;
	action: string;
	description: string;
	/** e.g. "GET /v2/users/{user}": a value in braces is one of the fields. */
	route: string;
	fields: Field[];
	/** Sent with every call. */
	body?: IDataObject;
	paging?: Paging;
	/** The call for many at once, and how a row of it is found in the answer. */
	bulkPath?: string;
	/** The route at Referral Factory; without it that service lacks the operation. */
	routeThere?: string;
	/** The fields that "Simplify" leaves. */
	simple?: string[];
	/** Turns the answer into the output. */
	shape?: (data: IDataObject) => IDataObject | IDataObject[];
	/** For an operation that is more than a call and its answer. */
	run?: (task: Task, values: IDataObject) => Promise<INodeExecutionData[]>;
}

export interface Resource {
	name: string;
	value: string;
	operations: Operation[];
}

/** What n8n's own nodes give for something that was deleted. */
export function deleted(): IDataObject {
	return { deleted: true };
}
