// Which protocol this tree speaks; a change of the public contract raises it and needs a decision record.

export const PROTOCOL_VERSION = 1;
/** Version of the product, as `/healthz` reports it. */
export const PRODUCT_VERSION = "0.1.0";
