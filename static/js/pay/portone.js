// PortOne V2: the parameters are the argument of requestPayment.
export const isLoaded = () => Boolean(window.PortOne);
export const pay = (parameters) => window.PortOne.requestPayment(parameters);
export const keep = (parameters) => window.PortOne.requestIssueBillingKey(parameters);
