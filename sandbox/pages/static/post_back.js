// Posts the outcome of an identity window back to the merchant.
document.getElementById("back").submit();
