console.log("__RELEASE__");
