# Filled as soon as there is something to install.
