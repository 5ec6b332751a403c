"""Things with names that are not personal: what a network must not take for people and places."""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.replace("\n", " ").split("|"))


THINGS: dict[str, tuple[str, ...]] = {
    "size": _listed("small|medium|large|grande|venti|tall|extra large|kids|family size|twelve inch"),
    "colour": _listed("Black|white|silver|blue|red|space grey|rose gold|green|navy"),
    "milk": _listed("almond|oat|soy|whole|skim|coconut|two percent|regular"),
    "him": _listed("him|her"),
    "possessive": _listed("his|her|their"),
    "bank": _listed("the bank|my bank|First National Bank|City Bank|the branch"),
    "food": _listed(
        """Tetley|Lipton|Ceylon|Irish breakfast|English breakfast|Darjeeling|Yorkshire tea|stevia|
        cortado|cappuccino|Caramel Macchiato|iced latte|flat white|Americano|mocha|chai latte|
        Earl Grey|matcha|croissant|margherita pizza|Pepperoni pizza|Caesar salad|cheeseburger|
        fries|garlic bread|Alfredo pasta|chicken wings|tiramisu|Coke|Sprite|lemonade|
        veggie burger|onion rings|Buffalo sauce|ranch|Greek salad|calzone|mozzarella|arugula|
        prosciutto|meatballs|brownie|cinnamon roll|vanilla syrup|hazelnut|whipped cream|
        espresso shot|Jasmine rice|eggs Benedict|Basil pesto|Rosemary chicken|olive oil|
        ginger ale|sage butter|Angus beef|Virginia ham|Monterey Jack|Colby|goat cheese|
        thick crust|stuffed crust|double cheese|Diet Pepsi|French fries|Italian dressing|
        Thousand Island|smore pie|salads|bbq chicken|non veg|gluten free"""
    ),
    "product": _listed(
        """iPhone 15|iPad|MacBook|Galaxy S21|Pixel|ThinkPad|Windows 11|Excel|Outlook|Photoshop|Skype|
        Zoom|Teams|Office 365|Norton|QuickBooks|Salesforce|PlayStation|Xbox|Kindle|Alexa|Siri|
        Echo Dot|Fire Stick|Roku|router|modem|Chrome|Firefox|Slack|Dropbox|AutoCAD|Java|Python|
        Ruby|Dell laptop|printer|Ubuntu|Android|Oracle|Dyson vacuum|Cortana|Bixby|Max plan|
        Jenkins|Jupyter|set top box|remote|smart TV|dishwasher|dryer"""
    ),
    "car": _listed(
        """Toyota Corolla|Honda Civic|Ford Mustang|Mercedes|Tesla|Kia Sonata|Jeep Cherokee|
        Chevy Tahoe|Lincoln|Dodge Ram|Mini Cooper|Nissan Altima|Audi|Renault Megane|Alfa Romeo|
        Skoda Octavia|Lexus|Ford Sierra|Bentley"""
    ),
    "brand": _listed(
        """Zendesk|Shopify|Salesforce|Jira|Argos|Kenwood|Bosch|Miele|Whirlpool|Indesit|Samsung|LG|
        Sony|Panasonic|Canon|Nikon|Garmin|Fitbit|Lenovo|Acer|Asus|HP|Epson|Huawei|Xiaomi|Nokia|
        Motorola|Vodafone|Orange|Sprint|HSBC|Barclays|Santander|Monzo|Revolut|Klarna|PayPal|
        Stripe|Levi|Nike|Adidas|Puma|Decathlon|Lidl|Aldi|Tesco|Sainsbury|Waitrose|Currys|Etsy|
        Zalando|Asos|Airbnb|Uber|Lyft|Ryanair|Emirates|Hertz|Avis|Hilton|Hyatt|Costco|Kroger|
        Walgreens|CVS|Comcast|Xfinity|Dish|Slack|Trello|Asana|Notion|Workday|Twilio|Mailchimp|
        Intercom|Amazon|Netflix|Comcast|Verizon|Walmart|Target|Best Buy|Delta|United|Lufthansa|
        Marriott|Chase|Wells Fargo|Morgan Stanley|JPMorgan|Goldman Sachs|Johnson and Johnson|
        McDonalds|Wendys|Papa Johns|Dominos|Starbucks|Ikea|Zara|Ralph Lauren|Calvin Klein|
        Tommy Hilfiger|Hugo Boss|Macys|Sams Club|Jack in the Box|Ben and Jerrys|DHL|FedEx|
        T-Mobile|Hulu|Disney|Spotify|Liberty Mutual|State Farm|Geico|Philips|Siemens|
        Charles Schwab|ESPN|HBO"""
    ),
}
"""Slot names of the templates with what may fill them."""
